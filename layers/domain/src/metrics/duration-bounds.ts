/**
 * The upper bounds of the buckets of durations, in milliseconds. Each latency objective of slo.yaml is one of
 * them, so that a quantile is compared with it exactly; a test says which one is missing.
 */
export const durationBoundsMs: readonly number[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 300, 400, 500, 600, 1_000, 1_200, 1_500, 2_000, 2_500],
  ...[4_000, 5_000, 6_000, 7_500, 8_000, 12_500, 13_750, 15_000, 24_000, 25_000, 27_500],
  ...[30_000, 40_000, 44_000, 48_000],
];

/** The place of the bucket of a duration; one beyond the last bound is that of everything longer. */
export const bucketOf = (durationMs: number): number => {
  let i = 0;
  while (i < durationBoundsMs.length && durationMs > (durationBoundsMs[i] as number)) i += 1;
  return i;
};

/** The bound of what is longer than all, as Prometheus writes it. */
export const unbounded = '+Inf';

/** The bound of a bucket as Prometheus' label `le` has it. */
export const boundText = (bucket: number): string => {
  const bound = durationBoundsMs[bucket];
  return bound === undefined ? unbounded : String(bound);
};
