import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { LoadResults, ScenarioResult } from './run-load.ts';
import { goodputPlot, latencyPlot, percentilePlot } from './run-plots.ts';
import { svgPlot } from './svg-plot.ts';

export interface LoadReport extends LoadResults {
  readonly quick: boolean;
  /** The share of the cores that was busy before. */
  readonly busyBefore: number;
}

const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const shown = (value: number): string =>
  Number.isFinite(value)
    ? value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 2 : 0 })
    : 'none';

const slug = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');

const plotsOf = (scenario: ScenarioResult): ReadonlyMap<string, string> => {
  const files = new Map<string, string>();
  for (const [name, run] of Object.entries(scenario.runs)) {
    const title = name === scenario.name ? name : `${scenario.name}, ${name}`;
    const plots = {
      percentiles: percentilePlot(title, run),
      goodput: goodputPlot(title, run),
      latency: latencyPlot(title, run),
    };
    for (const [kind, plot] of Object.entries(plots)) {
      if (plot !== undefined) files.set(`${slug(title)}-${kind}.svg`, svgPlot(plot));
    }
  }
  return files;
};

const scenarioInMarkdown = (scenario: ScenarioResult, plots: Iterable<string>): string => {
  const { name, claim, thresholds, figures, tookSeconds } = scenario;
  const verdicts = thresholds.map(({ name: what, value, direction, limit, unit, met }) => [
    what,
    `${shown(value)}${unit}`,
    `${direction} ${limit}${unit}`,
    met ? 'met' : '**not met**',
  ]);
  const rows = figures.map(({ name: what, value, unit }) => [what, `${shown(value)}${unit}`]);
  return [
    `## ${name}`,
    `${claim} (${tookSeconds} s)`,
    ...(verdicts.length === 0 ? [] : [table(['what', 'measured', 'demanded', ''], verdicts)]),
    ...(rows.length === 0 ? [] : [table(['figure', ''], rows)]),
    ...[...plots].map((file) => `![${basename(file, '.svg').replaceAll('-', ' ')}](${file})`),
  ].join('\n\n');
};

/** Above it the figures say more about the neighbours than about Atlas. */
const quiet = 0.1;

export const reportInMarkdown = (
  report: LoadReport,
  plots: ReadonlyMap<string, Iterable<string>>,
): string => {
  const { machine, measuredAt, seed, quick, busyBefore, scenarios } = report;
  const where = `Measured ${measuredAt.slice(0, 10)}${quick ? ' with `--quick`, which measures nothing,' : ''} on \
${machine.cores} cores (${machine.processor}) shared by Postgres ${machine.postgres}, the functions, \
the front and the load generator; Node ${machine.node}; seed ${seed}; busy before: \
${Math.round(100 * busyBefore)} %.`;
  const sections = scenarios.map((one) => scenarioInMarkdown(one, plots.get(one.name) ?? []));
  return `${[
    '# Load',
    'Written by `make load`.',
    busyBefore > quiet ? `${where} **Others were at work: repeat it when it is quiet.**` : where,
    ...sections,
  ].join('\n\n')}\n`;
};

/** Infinity and NaN, which JSON has no words for, become null. */
const asJson = (report: LoadReport): string => `${JSON.stringify(report, null, 2)}\n`;

/** Writes report.json, report.md and the plots into a folder that holds nothing else. */
export const writeReport = async (folder: string, report: LoadReport): Promise<void> => {
  await mkdir(folder, { recursive: true });
  await rm(join(folder, 'plots'), { recursive: true, force: true });
  await mkdir(join(folder, 'plots'));
  const names = new Map<string, string[]>();
  for (const scenario of report.scenarios) {
    const plots = plotsOf(scenario);
    names.set(
      scenario.name,
      [...plots.keys()].map((file) => `plots/${file}`),
    );
    for (const [file, svg] of plots) await writeFile(join(folder, 'plots', file), svg);
  }
  await writeFile(join(folder, 'report.json'), asJson(report));
  await writeFile(join(folder, 'report.md'), reportInMarkdown(report, names));
};
