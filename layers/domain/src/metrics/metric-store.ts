import type { CallContext } from '../ledger/ledger.ts';

/**
 * What became of an addition. `refused`: it was not made, and may be tried again. `unknown`: nobody knows whether it
 * was made, so it must not be.
 */
export type Addition = 'added' | 'refused' | 'unknown';

/** What one source told: what it counted in all its processes, or what it measured last. */
export interface ToldMetrics {
  readonly kind: 'counts' | 'measures';
  readonly source: string;
  /** By series. */
  readonly values: ReadonlyMap<string, number>;
}

/** Where the processes of a fleet add up what they counted. */
export interface MetricStore {
  /** Adds to the counts of a source, all of these or none. Never throws. */
  add(source: string, counts: ReadonlyMap<string, number>): Promise<Addition>;
  /** Replaces what a source measured before. It is forgotten soon, since it says nothing of later. */
  measure(source: string, values: ReadonlyMap<string, number>): Promise<void>;
  /** What every source told, and nobody has forgotten yet. */
  readAll(context: CallContext): Promise<readonly ToldMetrics[]>;
}
