import { durationBoundsMs, unbounded } from './duration-bounds.ts';
import type { MetricCatalogue, MetricDefinition, MetricLabel } from './metric-definition.ts';
import { seriesOf, sumOfDurations } from './series.ts';

type Labels = readonly (readonly [name: string, value: string])[];

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

const line = (name: string, labels: Labels, value: number): string => {
  const inner = labels.map(([label, of]) => `${label}="${escaped(of)}"`).join(',');
  return `${name}${inner === '' ? '' : `{${inner}}`} ${value}`;
};

const labelled = (names: readonly MetricLabel[], values: readonly string[]): Labels =>
  names.map((name, i) => [name, values[i] ?? '']);

interface Sample {
  readonly values: readonly string[];
  readonly value: number;
}

/** With those that another version counts by. */
const boundsOf = (parts: ReadonlyMap<string, number>): readonly string[] => {
  const told = [...parts.keys()].map(Number).filter(Number.isFinite);
  const bounds = [...new Set([...durationBoundsMs, ...told])].toSorted((a, b) => a - b);
  return [...bounds.map(String), unbounded];
};

/** Buckets count what is no longer than they are; they are stored without what is shorter. */
const histogramLines = (
  name: string,
  labels: Labels,
  parts: ReadonlyMap<string, number>,
): string[] => {
  let below = 0;
  const buckets = boundsOf(parts).map((le) => {
    below += parts.get(le) ?? 0;
    return line(`${name}_bucket`, [...labels, ['le', le]], below);
  });
  return [
    ...buckets,
    line(`${name}_sum`, labels, (parts.get(sumOfDurations) ?? 0) / 1_000),
    line(`${name}_count`, labels, below),
  ];
};

const linesOf = (
  name: string,
  { kind, labels: names }: MetricDefinition,
  samples: readonly Sample[],
): string[] => {
  if (kind !== 'histogram') {
    return samples.map(({ values, value }) => line(name, labelled(names, values), value));
  }
  const series = Map.groupBy(samples, ({ values }) => values.slice(0, names.length).join('|'));
  return [...series.values()].flatMap((own) => {
    const parts = own.map(({ values, value }): [string, number] => [values.at(-1) ?? '', value]);
    return histogramLines(name, labelled(names, own[0]?.values ?? []), new Map(parts));
  });
};

const order = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/**
 * Series in the text format of Prometheus (version 0.0.4), with every metric of the catalogue that has any. Series
 * of metrics that are not in it, which a newer or an older version may have told, are left out.
 */
export const prometheusText = (
  catalogue: MetricCatalogue,
  series: ReadonlyMap<string, number>,
): string => {
  const samples = new Map<string, Sample[]>();
  for (const key of [...series.keys()].toSorted(order)) {
    const { metric, values } = seriesOf(key);
    const sample = { values, value: series.get(key) ?? 0 };
    const known = samples.get(metric);
    if (known === undefined) samples.set(metric, [sample]);
    else known.push(sample);
  }
  const blocks = Object.entries(catalogue).flatMap(([metric, definition]) => {
    const { prometheus: name, kind, help } = definition;
    const own = samples.get(metric);
    if (name === undefined || own === undefined) return [];
    return [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, ...linesOf(name, definition, own)];
  });
  return blocks.map((one) => `${one}\n`).join('');
};
