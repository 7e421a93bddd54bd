import {
  durationBoundsMs,
  fleetSeries,
  type MetricName,
  seriesOf,
  sumOfDurations,
  type ToldMetrics,
} from '@atlas/domain';

type Row = readonly (string | number)[];

/** In columns: the first to the left, figures to the right. */
const tableOf = (titles: readonly string[], rows: readonly Row[]): string => {
  const texts = [titles, ...rows.map((row) => row.map(String))];
  const widths = titles.map((_, i) => Math.max(...texts.map((row) => (row[i] ?? '').length)));
  return texts
    .map((row) =>
      row
        .map((text, i) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

/** The bound below which a share of the durations is; `>` the last one where they are longer, `-` where there are none. */
const within = (buckets: ReadonlyMap<string, number>, share: number): string => {
  const counts = durationBoundsMs.map((bound) => buckets.get(String(bound)) ?? 0);
  const all = [...buckets].reduce((sum, [le, n]) => (le === sumOfDurations ? sum : sum + n), 0);
  if (all === 0) return '-';
  let below = 0;
  for (const [i, count] of counts.entries()) {
    below += count;
    if (below >= share * all) return `≤ ${durationBoundsMs[i]}`;
  }
  return `> ${durationBoundsMs.at(-1)}`;
};

/** What the fleet counted, as people read it: functions, dependencies, refusals and transfers that there were. */
export const metricTables = (told: readonly ToldMetrics[]): readonly string[] => {
  const series = [...fleetSeries(told)].map(([key, value]) => ({ ...seriesOf(key), value }));
  const of = (metric: MetricName) => series.filter((one) => one.metric === metric);
  const byFirst = (metric: MetricName): ReadonlyMap<string, number> =>
    new Map(of(metric).map(({ values: [first = ''], value }) => [first, value]));
  const percentiles = (metric: MetricName, name: string): readonly string[] => {
    const own = of(metric).filter(({ values: [first] }) => first === name);
    const buckets = new Map(own.map(({ values, value }) => [values[1] ?? '', value]));
    return [0.5, 0.95, 0.99].map((share) => within(buckets, share));
  };
  const table = (
    title: string,
    counted: MetricName,
    failed: MetricName,
    durations: MetricName,
  ): string => {
    const failures = byFirst(failed);
    const rows = [...byFirst(counted)].map(
      ([name, count]): Row => [
        ...[name, count, failures.get(name) ?? 0],
        ...percentiles(durations, name),
      ],
    );
    const titles = [title, 'count', 'failed', 'p50 ms', 'p95 ms', 'p99 ms'];
    return tableOf(titles, rows.toSorted(byName));
  };
  const minorUnits = byFirst('TransferredMinorUnits');
  return [
    table('function', 'Requests', 'Faults', 'LatencyMs'),
    table('dependency', 'DependencyCalls', 'DependencyFailures', 'DependencyMs'),
    tableOf(
      ['refused by', 'problem', 'count'],
      of('Refusals').map(({ values: [name = '', problem = ''], value }) => [name, problem, value]),
    ),
    tableOf(
      ['asset', 'transfers', 'minor units'],
      [...byFirst('Transfers')].map(([asset, n]) => [asset, n, minorUnits.get(asset) ?? '-']),
    ),
  ];
};

const byName = ([a]: Row, [b]: Row): number => String(a).localeCompare(String(b));
