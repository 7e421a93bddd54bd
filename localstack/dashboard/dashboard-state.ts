import type { SloTier } from '../../functions/manifest.ts';
import type { IndicatorKind } from '../../lib/slo/indicators.ts';

/** What the page is told. `null` always means: not known. */
export interface DashboardState {
  readonly source: SourceState;
  /** How often the source is asked, in milliseconds. */
  readonly everyMs: number;
  /** How far back the figures of service levels go: from the first answer that is still kept. */
  readonly windowMs: number;
  /** Series that were left out, because there were too many. */
  readonly droppedSeries: number;
  readonly tiers: readonly TierState[];
  readonly dependencies: readonly DependencyState[];
  readonly shards: readonly ShardState[];
  readonly consumers: readonly ConsumerState[];
  /** When each value of a panel was seen, in seconds since 1970. */
  readonly times: readonly number[];
  readonly panels: readonly PanelState[];
}

/** `unasked`: before the first answer or failure. `silent`: the last question had no answer. */
export interface SourceState {
  readonly status: 'unasked' | 'answering' | 'silent';
  readonly url: string;
  readonly answeredAtMs: number | null;
  readonly trouble: string | null;
}

export interface Quantiles<Value> {
  readonly p50: Value;
  readonly p95: Value;
  readonly p99: Value;
}

/** `slow`: the budget is kept, a percentile is over its objective. */
export type Verdict = 'kept' | 'slow' | 'overspent' | 'no traffic' | 'unknown';

export interface FunctionState {
  readonly name: string;
  readonly kind: IndicatorKind;
  readonly requestsPerSecond: number | null;
  readonly failuresPerSecond: number | null;
  readonly refusalsPerSecond: number | null;
  readonly latencyMs: Quantiles<number | null>;
  readonly objectiveMs: Quantiles<number>;
  /** Of the whole window. */
  readonly requests: number;
  readonly failures: number;
  readonly budgetLeftPercent: number | null;
  readonly verdict: Verdict;
}

export interface TierState {
  readonly tier: SloTier;
  readonly objectivePercent: number;
  readonly keptPercent: number | null;
  readonly budgetLeftPercent: number | null;
  readonly functions: readonly FunctionState[];
}

export interface CheckState {
  readonly status: 'pass' | 'fail' | 'unknown';
  readonly latencyMs: number | null;
}

export interface DependencyState {
  readonly name: string;
  readonly breaker: 'closed' | 'open' | 'unknown';
  readonly callsPerSecond: number | null;
  readonly failuresPerSecond: number | null;
  readonly p95Ms: number | null;
  /** Of the readiness check, where it looks at this dependency. */
  readonly check: CheckState;
}

export interface ShardState {
  readonly shard: string;
  readonly check: CheckState;
  readonly waiting: number | null;
  readonly oldestAgeMs: number | null;
  readonly parked: number | null;
}

export interface ConsumerState {
  readonly group: string;
  readonly topic: string;
  readonly lagRecords: number | null;
}

/** One chart: a family of metrics, or the part of it that belongs to one tier. */
export interface PanelState {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  readonly unit: string;
  readonly series: readonly {
    readonly label: string;
    readonly values: readonly (number | null)[];
  }[];
  /** Series of the family that are not drawn: the ones with the least. */
  readonly hidden: number;
}
