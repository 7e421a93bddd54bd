import type { SloTier } from '../../functions/manifest.ts';
import type { Objective } from '../../lib/slo/objectives.ts';
import type { SloFile } from '../../lib/slo/slo-file.ts';
import type {
  CheckState,
  ConsumerState,
  DashboardState,
  DependencyState,
  ShardState,
  SourceState,
} from './dashboard-state.ts';
import { panelsOf } from './panels.ts';
import type { SampleRing } from './sample-ring.ts';
import { recentMs, tierStates } from './service-levels.ts';
import { type Window, windowOf } from './window.ts';

/** By dependency; none where readiness was not answered. */
export type Checks = ReadonlyMap<string, CheckState>;

export interface Surroundings {
  readonly slo: SloFile;
  readonly objectives: readonly Objective[];
  readonly everyMs: number;
}

const unchecked: CheckState = { status: 'unknown', latencyMs: null };

const breakerOf = (value: number | null): DependencyState['breaker'] => {
  if (value === null) return 'unknown';
  return value > 0 ? 'open' : 'closed';
};

const dependencyStates = (window: Window, checks: Checks): readonly DependencyState[] => {
  const names = new Set([
    ...window.valuesOf('atlas_breaker_open', 'dependency'),
    ...window.valuesOf('atlas_dependency_calls_total', 'dependency'),
    ...checks.keys(),
  ]);
  return [...names].sort().map((name) => {
    const labels = { dependency: name };
    return {
      name,
      breaker: breakerOf(window.latest('atlas_breaker_open', labels)),
      callsPerSecond: window.perSecond('atlas_dependency_calls_total', labels, recentMs),
      failuresPerSecond: window.perSecond('atlas_dependency_failures_total', labels, recentMs),
      p95Ms: window.quantile('atlas_dependency_duration_milliseconds', labels, recentMs, 0.95),
      check: checks.get(name) ?? unchecked,
    };
  });
};

const shardStates = (window: Window, checks: Checks): readonly ShardState[] => {
  const checked = [...checks.keys()].flatMap((name) => /^postgres-(.+)$/.exec(name)?.[1] ?? []);
  const shards = new Set([...checked, ...window.valuesOf('atlas_outbox_waiting', 'shard')]);
  return [...shards].sort().map((shard) => ({
    shard,
    check: checks.get(`postgres-${shard}`) ?? unchecked,
    waiting: window.latest('atlas_outbox_waiting', { shard }),
    oldestAgeMs: window.latest('atlas_outbox_oldest_age_milliseconds', { shard }),
    parked: window.latest('atlas_outbox_parked', { shard }),
  }));
};

const consumerStates = (window: Window): readonly ConsumerState[] => {
  const lag = 'atlas_consumer_lag_records';
  const series = window.family(lag)?.series ?? [];
  return series.map(({ labels: { group = '', topic = '' } }) => ({
    group,
    topic,
    lagRecords: window.latest(lag, { group, topic }),
  }));
};

/** Everything that the page shows, from what was heard so far. */
export const summarise = (
  ring: SampleRing,
  source: SourceState,
  checks: Checks,
  { slo, objectives, everyMs }: Surroundings,
): DashboardState => {
  const window = windowOf(ring);
  const tiers = new Map<string, SloTier>(objectives.map(({ name, tier }) => [name, tier]));
  const first = ring.answered.indexOf(true);
  const last = ring.answered.lastIndexOf(true);
  const panels = panelsOf(ring, (name) => tiers.get(name));
  const drawn = Math.max(
    0,
    ...panels.flatMap(({ series }) => series.map((one) => one.values.length)),
  );
  return {
    source,
    everyMs,
    windowMs: first === -1 ? 0 : (ring.times[last] ?? 0) - (ring.times[first] ?? 0),
    droppedSeries: ring.dropped,
    tiers: tierStates(window, first !== -1, slo, objectives),
    dependencies: dependencyStates(window, checks),
    shards: shardStates(window, checks),
    consumers: consumerStates(window),
    times: ring.times.slice(ring.times.length - drawn).map((at) => at / 1_000),
    panels,
  };
};
