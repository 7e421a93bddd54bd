import type { Entry } from './types.ts';

/** Recorded times never go back along the entries of an account. */
export const lastEntryBy = (asOf: Date, entries: readonly Entry[]): Entry | undefined =>
  entries.findLast(({ recordedAt }) => recordedAt <= asOf);

/** Holds have no business time: what is pending does not count. */
export const effectiveBalance = (at: Date, entries: readonly Entry[]): bigint =>
  entries
    .filter(({ kind, effectiveAt }) => kind === 'posted' && effectiveAt <= at)
    .reduce(
      (sum, { direction, amountMinor }) =>
        direction === 'credit' ? sum + amountMinor : sum - amountMinor,
      0n,
    );
