import { build, type Histogram } from 'hdr-histogram-js';

/** The middle value; of an even number the mean of the two in the middle. */
export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (lower === undefined || upper === undefined) throw new RangeError('no median of nothing');
  return (lower + upper) / 2;
};

/** A histogram of durations, in whole microseconds up to a minute, three digits exact. */
export const durations = (): Histogram =>
  build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
  });

/** Longer ones count as a minute: what is cut off is no percentile that anybody reads. */
export const record = (histogram: Histogram, durationMs: number): void =>
  histogram.recordValue(Math.min(60_000_000, Math.max(1, Math.round(durationMs * 1_000))));

export const percentileMs = (histogram: Histogram, percent: number): number =>
  histogram.getValueAtPercentile(percent) / 1_000;

/**
 * Who runs when: every candidate once a round, and each round in the opposite order of the one
 * before, so that neither a machine that slows down nor tables that grow favour one of them.
 */
export const interleaved = <Candidate>(
  candidates: readonly Candidate[],
  rounds: number,
): Candidate[] =>
  Array.from({ length: rounds }, (_, round) =>
    round % 2 === 0 ? candidates : candidates.toReversed(),
  ).flat();

/**
 * The median of the quotients round by round: what slows both down in one round cancels out, which
 * a quotient of two medians would keep.
 */
export const ratio = (over: readonly number[], under: readonly number[]): number => {
  if (over.length !== under.length) throw new RangeError('the rounds do not pair up');
  return median(over.map((value, round) => value / (under[round] ?? Number.NaN)));
};
