import type { BreakerStore } from '@atlas/domain';
import {
  awsConfig,
  breakersConfig,
  dependencyObserver,
  type GuardSettings,
  ResilientGuard,
  recordBreaker,
  systemClocks,
  usualSettings,
} from '@atlas/runtime';
import { once } from './once.ts';

type Kind =
  | 'postgres'
  | 'dynamodb'
  | 'dynamodb-idempotency'
  | 's3'
  | 'sqs'
  | 'lambda'
  | 'firehose'
  | 'kafka'
  | 'names';

/** A function does one request at a time; these bound what its batches, and the processes of tests, ask at once. */
const bulkhead = {
  concurrent: 32,
  waiting: 256,
  concurrentOfTenant: 16,
  waitingOfTenant: 128,
};

/** What is demanded of each kind of dependency, in one place. */
const settingsOf: Readonly<Record<Kind, Omit<GuardSettings, 'name'>>> = {
  // Statements are bounded by the deadline where they are sent, and repeated there.
  postgres: { ...usualSettings, timeout: 'adapter', attempts: 1 },
  dynamodb: {
    ...usualSettings,
    bulkhead,
    timeout: { floorMs: 300, ceilingMs: 2_000, factor: 4 },
    hedgeAt: 0.95,
  },
  // Powertools has rules of its own for what may be done again.
  'dynamodb-idempotency': {
    ...usualSettings,
    timeout: { floorMs: 500, ceilingMs: 3_000, factor: 4 },
    attempts: 1,
  },
  s3: { ...usualSettings, bulkhead, timeout: { floorMs: 500, ceilingMs: 5_000, factor: 4 } },
  sqs: { ...usualSettings, bulkhead, timeout: { floorMs: 200, ceilingMs: 5_000, factor: 4 } },
  firehose: { ...usualSettings, bulkhead, timeout: { floorMs: 500, ceilingMs: 5_000, factor: 4 } },
  // A nudge is only a convenience.
  lambda: { ...usualSettings, timeout: { floorMs: 500, ceilingMs: 1_000, factor: 4 }, attempts: 1 },
  // The client repeats by itself, and a batch takes as long as its replicas do.
  kafka: {
    ...usualSettings,
    timeout: { floorMs: 10_000, ceilingMs: 20_000, factor: 4 },
    attempts: 1,
  },
  // Each name is a dependency of its own: that one does not resolve says nothing of the others.
  names: {
    ...usualSettings,
    timeout: { floorMs: 1_000, ceilingMs: 2_000, factor: 4 },
    attempts: 1,
    breaker: { ...usualSettings.breaker, threshold: 0.99, size: 1_000, needed: 1_000 },
  },
};

/** Loaded when something fails for the first time: a function that is well starts without it. */
const lazyStore = (table: string): BreakerStore => {
  const load = once(async () => {
    const { dynamoBreakerStore } = await import('@atlas/dynamodb');
    const { AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = awsConfig();
    return dynamoBreakerStore({ table, region, endpoint });
  });
  return {
    read: async (...call) => (await load()).read(...call),
    open: async (...call) => (await load()).open(...call),
    claimProbe: async (...call) => (await load()).claimProbe(...call),
    close: async (...call) => (await load()).close(...call),
  };
};

const store = once((): BreakerStore | undefined => {
  const { ATLAS_BREAKERS_TABLE: table } = breakersConfig();
  return table === undefined ? undefined : lazyStore(table);
});

const guards = new Map<string, ResilientGuard>();

/**
 * What stands before a dependency in this process: one guard each, so that what one call learns is known to
 * the next. `part`: which one, where there are several of a kind.
 */
export const guardOf = (kind: Kind, part?: string | number): ResilientGuard => {
  const name = part === undefined ? kind : `${kind}-${part}`;
  const known = guards.get(name);
  if (known !== undefined) return known;
  const guard = new ResilientGuard(
    { name, ...settingsOf[kind] },
    {
      store: store(),
      clocks: systemClocks,
      random: Math.random,
      onChange: (state) => recordBreaker(name, state),
      observer: dependencyObserver(name),
    },
  );
  guards.set(name, guard);
  return guard;
};
