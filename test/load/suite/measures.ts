import { decodeFromCompressedBase64, type Histogram } from 'hdr-histogram-js';
import { durations, median, percentileMs } from '../statistics.ts';
import type { RunResult, SecondFigures } from './recorder.ts';
import type { Route } from './routes.ts';

/** Of a histogram as it travels; NaN where nothing was recorded. */
export const percentileOf = (encoded: string | undefined, percent: number): number => {
  if (encoded === undefined) return Number.NaN;
  const histogram = decodeFromCompressedBase64(encoded);
  return histogram.totalCount === 0 ? Number.NaN : percentileMs(histogram, percent);
};

/** What was served of these routes, together. */
export const servedTogether = (result: RunResult, routes: readonly Route[]): Histogram => {
  const together = durations();
  for (const route of routes) {
    const encoded = result.routes[route];
    if (encoded !== undefined) together.add(decodeFromCompressedBase64(encoded));
  }
  return together;
};

/** How many times as long as half of the requests the slowest hundredth took at least. */
export const tailRatio = (encoded: string | undefined): number =>
  percentileOf(encoded, 99) / percentileOf(encoded, 50);

/** Errors of a run that was to have none: refusals count. */
export const errorsOf = ({ counts: { shed, failed, lost } }: RunResult): number =>
  shed + failed + lost;

/** What was served a second between two times; before, the load was still growing. */
export const goodputOf = ({ seconds }: RunResult, fromMs: number, toMs: number): number => {
  const those = seconds.slice(Math.ceil(fromMs / 1_000), Math.floor(toMs / 1_000));
  return those.reduce((sum, { servedNow }) => sum + servedNow, 0) / those.length;
};

/** So many seconds in a row have to be well, so that one lucky second is no recovery. */
const wellInARow = 3;

/**
 * How long after `endMs` it took until all requests were served again, and half of them no later than in
 * twice the time in which half were before `calmEndMs`. Counted in whole seconds by when requests were due;
 * infinite where the run ended first.
 */
export const recoverySecondsOf = (
  { seconds }: RunResult,
  calmEndMs: number,
  endMs: number,
): number => {
  const halves = seconds.slice(0, Math.floor(calmEndMs / 1_000)).map(({ p50Ms }) => p50Ms ?? 0);
  const calmMs = median(halves);
  const isWell = ({ shed, failed, p50Ms }: SecondFigures): boolean =>
    shed === 0 && failed === 0 && p50Ms !== null && p50Ms <= 2 * calmMs;
  const after = seconds.slice(Math.ceil(endMs / 1_000));
  const first = after.findIndex((_, i) => {
    const next = after.slice(i, i + wellInARow);
    return next.length === wellInARow && next.every(isWell);
  });
  return first < 0 ? Number.POSITIVE_INFINITY : first;
};

/** The first part of a soak, in which compilers and caches are still filling. */
const warmShare = 0.2;
const tenth = 0.1;

/** The last tenth of the readings over the tenth after the warm-up, as medians: 1.05 has grown by 5 %. */
export const driftOf = (readings: readonly number[]): number => {
  const size = Math.max(1, Math.floor(readings.length * tenth));
  const warm = readings.slice(Math.floor(readings.length * warmShare));
  if (warm.length < 2 * size) return Number.NaN;
  return median(warm.slice(-size)) / median(warm.slice(0, size));
};
