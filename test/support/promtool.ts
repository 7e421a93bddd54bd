import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { RuleFile } from '../../lib/slo/prometheus-rule-file.ts';
import { prometheusFolder } from '../../localstack/paths.ts';

const program = (): string =>
  spawnSync('promtool', ['--version']).status === 0
    ? 'promtool'
    : join(prometheusFolder, 'usr', 'bin', 'promtool');

/** One alert that is expected at a time; none where `functions` is empty. */
export interface ExpectedAlert {
  readonly at: string;
  readonly alert: string;
  readonly tier: string;
  readonly severity: string;
  readonly functions: readonly string[];
  readonly summary: string;
  readonly runbook: string;
}

/** One alert on the work of a job that is expected at a time, for each of the label sets. */
export interface ExpectedWorkAlert {
  readonly at: string;
  readonly alert: string;
  readonly labels: readonly Readonly<Record<string, string>>[];
  readonly summary: string;
  readonly runbook: string;
}

export interface RuleTest {
  readonly name: string;
  /** In promtool's notation, by the minute. */
  readonly series: Readonly<Record<string, string>>;
  readonly alerts: readonly ExpectedAlert[];
  readonly work?: readonly ExpectedWorkAlert[];
}

export interface Verdict {
  readonly passed: boolean;
  readonly output: string;
}

const withFiles = (
  files: Readonly<Record<string, unknown>>,
  ...options: readonly string[]
): Verdict => {
  const folder = mkdtempSync(join(tmpdir(), 'atlas-promtool-'));
  try {
    for (const [name, value] of Object.entries(files)) {
      writeFileSync(join(folder, name), stringify(value, { lineWidth: 0 }));
    }
    const { status, stdout, stderr } = spawnSync(program(), options, {
      cwd: folder,
      encoding: 'utf8',
    });
    return { passed: status === 0, output: `${stdout}${stderr}` };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** `promtool check rules`: duplicates fail, too. */
export const checkRules = (rules: RuleFile): Verdict =>
  withFiles({ 'rules.yaml': rules }, 'check', 'rules', '--lint=all', '--lint-fatal', 'rules.yaml');

const verdictOf = (input: string | undefined, ...rest: readonly string[]): Verdict => {
  const { status, stdout, stderr } = spawnSync(program(), rest, {
    encoding: 'utf8',
    ...(input === undefined ? {} : { input }),
  });
  return { passed: status === 0, output: `${stdout}${stderr}` };
};

/** `promtool check metrics`; it also finds fault with names. */
export const checkMetrics = (text: string): Verdict => verdictOf(text, 'check', 'metrics');

/** `promtool check config`: the files that it names must be there, too. */
export const checkConfig = (file: string): Verdict => verdictOf(undefined, 'check', 'config', file);

/** `promtool test rules`. */
export const testRules = (rules: RuleFile, tests: readonly RuleTest[]): Verdict =>
  withFiles(
    {
      'rules.yaml': rules,
      'tests.yaml': {
        rule_files: ['rules.yaml'],
        evaluation_interval: '30s',
        tests: tests.map(({ name, series, alerts, work = [] }) => ({
          name,
          interval: '1m',
          input_series: Object.entries(series).map(([one, values]) => ({ series: one, values })),
          alert_rule_test: [
            ...alerts.map((expected) => ({
              eval_time: expected.at,
              alertname: expected.alert,
              exp_alerts: expected.functions.map((name) => ({
                exp_labels: { function: name, severity: expected.severity, tier: expected.tier },
                exp_annotations: {
                  summary: `${name} ${expected.summary}`,
                  runbook: expected.runbook,
                },
              })),
            })),
            ...work.map(({ at, alert, labels, summary, runbook }) => ({
              eval_time: at,
              alertname: alert,
              exp_alerts: labels.map((own) => ({
                exp_labels: { ...own, severity: 'page' },
                exp_annotations: { summary, runbook },
              })),
            })),
          ],
        })),
      },
    },
    'test',
    'rules',
    'tests.yaml',
  );
