/** How many observations were at most `le`: cumulative, as Prometheus has it. */
export interface Bucket {
  readonly le: number;
  readonly count: number;
}

/**
 * A quantile of a histogram, straight between the bounds of the bucket that it falls in, as Prometheus'
 * histogram_quantile. Beyond the last finite bound it is that bound. Undefined without observations.
 */
export const quantileOf = (buckets: readonly Bucket[], quantile: number): number | undefined => {
  const ascending = buckets.toSorted((a, b) => a.le - b.le);
  const total = ascending.at(-1)?.count ?? 0;
  if (total <= 0) return undefined;
  const rank = quantile * total;
  const index = ascending.findIndex(({ count }) => count >= rank);
  const found = ascending[index];
  const before = ascending[index - 1] ?? { le: 0, count: 0 };
  if (found === undefined || found.le === Number.POSITIVE_INFINITY) {
    return before.le;
  }
  const inside = found.count - before.count;
  return inside === 0
    ? found.le
    : before.le + ((found.le - before.le) * (rank - before.count)) / inside;
};
