import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { percentileMs } from '../statistics.ts';
import type { RunResult } from './recorder.ts';
import type { Line, Plot, Point } from './svg-plot.ts';

/** One of so many waits longer: 2 is the median, 100 the 99th percentile. */
const oneOf = [2, 4, 10, 20, 40, 100, 200, 400, 1_000, 2_000, 4_000, 10_000, 100_000] as const;
/** A percentile of which fewer requests than this tell is left out. */
const leastBeyond = 5;

const lineOf = (name: string, encoded: string | undefined): Line[] => {
  if (encoded === undefined) return [];
  const histogram = decodeFromCompressedBase64(encoded);
  const points = oneOf
    .filter((of) => histogram.totalCount >= leastBeyond * of)
    .map((of): Point => [of, percentileMs(histogram, 100 * (1 - 1 / of))]);
  return points.length < 2 ? [] : [{ name, points }];
};

/** Latency by percentile, over an axis that gives each nine its own space, as HdrHistogram's plots do. */
export const percentilePlot = (title: string, { fates, routes }: RunResult): Plot | undefined => {
  const lines = [
    ...lineOf('served', fates.served),
    ...lineOf('refused', fates.shed),
    ...lineOf('transfers', routes['post-transfer']),
    ...lineOf('batches', routes['post-batch']),
  ];
  if (lines.length === 0) return undefined;
  return {
    title: `${title}: latency by percentile`,
    x: {
      label: 'percentile',
      kind: 'log',
      ticks: [2, 10, 100, 1_000, 10_000, 100_000].filter((of) =>
        lines.some(({ points }) => points.some(([x]) => x >= of)),
      ),
      tick: (of) => `${Number((100 * (1 - 1 / of)).toFixed(3))}`,
    },
    y: { label: 'ms', kind: 'log' },
    lines,
  };
};

/** What was served and refused in each second. */
export const goodputPlot = (title: string, { seconds }: RunResult): Plot | undefined => {
  if (seconds.length < 2) return undefined;
  const over = (name: string, of: (i: (typeof seconds)[number]) => number): Line => ({
    name,
    points: seconds.map((second, i): Point => [i, of(second)]),
  });
  return {
    title: `${title}: requests a second`,
    x: { label: 's', kind: 'linear' },
    y: { label: '/s', kind: 'linear' },
    lines: [
      over('asked for', ({ served, shed, failed }) => served + shed + failed),
      over('served', ({ servedNow }) => servedNow),
      over('refused', ({ shed }) => shed),
    ],
  };
};

/** What those waited whose requests were due in each second. */
export const latencyPlot = (title: string, { seconds }: RunResult): Plot | undefined => {
  const line = (name: string, of: 'p50Ms' | 'p99Ms'): Line => ({
    name,
    points: seconds.map((second, i): Point => [i, second[of]]),
  });
  const lines = [line('p50', 'p50Ms'), line('p99', 'p99Ms')];
  if (!seconds.some(({ p50Ms }) => p50Ms !== null)) return undefined;
  return {
    title: `${title}: latency over time`,
    x: { label: 's', kind: 'linear' },
    y: { label: 'ms', kind: 'log' },
    lines,
  };
};
