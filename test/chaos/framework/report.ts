import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { invariantOf, invariants } from './invariants.ts';

/**
 * held: nothing contradicts the hypothesis. refuted: something does. aborted: the abort condition ended
 * it. inconclusive: there was no steady state, or no fault, so that it shows nothing.
 */
export type Verdict = 'held' | 'refuted' | 'aborted' | 'inconclusive';

export interface GroupFigures {
  readonly attempted: number;
  readonly acknowledged: number;
  readonly served: number;
  /** How often each problem was answered. */
  readonly told: Readonly<Record<string, number>>;
}

/** One run of an experiment, as it is reported. */
export interface ExperimentRun {
  readonly name: string;
  readonly hypothesis: string;
  readonly blastRadius: string;
  readonly runbook: string | null;
  readonly seed: number;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly startedAt: string;
  readonly durationMs: number;
  /** From the rollback to the steady state; null: it did not come back. */
  readonly recoveryMs: number | null;
  readonly groups: Readonly<Record<'experiment' | 'control', GroupFigures>>;
  /** What the fault did, and how often. */
  readonly evidence: Readonly<Record<string, number>>;
  readonly findings: readonly string[];
}

const listOf = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([what, count]) => `${count} × ${what}`)
    .join(', ') || '—';

const invariantRows = ({ findings }: ExperimentRun): string[] =>
  Object.keys(invariants).map((name) => {
    const broken = findings.filter(
      (finding) => invariantOf(finding.replace(/^control group: /, '')) === name,
    );
    return `| ${name} | ${broken.length === 0 ? 'yes' : `**no** (${broken.length})`} |`;
  });

export const runInMarkdown = (run: ExperimentRun): string => {
  const { experiment, control } = run.groups;
  const row = (name: string, figures: GroupFigures) =>
    `| ${name} | ${figures.attempted} | ${figures.acknowledged} | ${listOf(figures.told)} |`;
  return [
    `## ${run.name}, seed ${run.seed}: ${run.verdict}`,
    '',
    `**Hypothesis.** ${run.hypothesis}`,
    '',
    `**Blast radius.** ${run.blastRadius}. **Runbook.** ${run.runbook ?? 'none'}. **Reason.** ${run.reason}.`,
    '',
    `**Fault.** ${listOf(run.evidence)}. **Recovery.** ${run.recoveryMs === null ? 'none' : `${run.recoveryMs} ms`}.`,
    '',
    '| group | transfers | acknowledged | told |',
    '|---|---|---|---|',
    row('experiment', experiment),
    row('control', control),
    '',
    '| invariant | kept |',
    '|---|---|',
    ...invariantRows(run),
    ...(run.findings.length === 0 ? [] : ['', ...run.findings.map((one) => `- ${one}`)]),
    '',
  ].join('\n');
};

export const summaryInMarkdown = (runs: readonly ExperimentRun[]): string => {
  const byName = Map.groupBy(runs, ({ name }) => name);
  const rows = [...byName].map(([name, of]) => {
    const held = of.filter(({ verdict }) => verdict === 'held').length;
    const worst = of.find(({ verdict }) => verdict !== 'held');
    const acknowledged = of.reduce((sum, run) => sum + run.groups.experiment.acknowledged, 0);
    const why =
      worst === undefined ? '' : `${worst.verdict} at seed ${worst.seed}: ${worst.reason}`;
    return `| ${name} | ${held} of ${of.length} | ${acknowledged} | ${why} |`;
  });
  return [
    '# Chaos',
    '',
    '| experiment | held | transfers acknowledged | otherwise |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
};

/** Writes what is known so far: one JSON and one Markdown file an experiment, and a summary. */
export const writeReports = (folder: string, runs: readonly ExperimentRun[]): void => {
  mkdirSync(folder, { recursive: true });
  for (const [name, of] of Map.groupBy(runs, (run) => run.name)) {
    writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(of, null, 2)}\n`);
    writeFileSync(join(folder, `${name}.md`), of.map(runInMarkdown).join('\n'));
  }
  writeFileSync(join(folder, 'summary.md'), summaryInMarkdown(runs));
};
