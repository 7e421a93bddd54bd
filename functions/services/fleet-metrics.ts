import type { MetricStore } from '@atlas/domain';
import {
  atShutdown,
  awsConfig,
  FleetMetrics,
  metricsConfig,
  processMetrics,
  systemClocks,
  writeToldMetrics,
} from '@atlas/runtime';
import { guardOf } from './guards.ts';
import { once } from './once.ts';

/** Loaded when something is told for the first time, which no request waits for. */
const lazyStore = (table: string): MetricStore => {
  const load = once(async () => {
    const { dynamoMetricStore } = await import('@atlas/dynamodb');
    return dynamoMetricStore({
      table,
      now: Date.now,
      region: awsConfig().AWS_REGION,
      endpoint: awsConfig().AWS_ENDPOINT_URL,
      guard: guardOf('dynamodb', 'metrics'),
    });
  });
  return {
    add: async (...call) => (await load()).add(...call),
    measure: async (...call) => (await load()).measure(...call),
    readAll: async (...call) => (await load()).readAll(...call),
  };
};

/** Where the fleet adds up what it counts; undefined where the stage has no place for it. */
export const metricStore = once((): MetricStore | undefined => {
  const { table } = metricsConfig();
  return table === undefined ? undefined : lazyStore(table);
});

/** What the end of the process may wait for, since Lambda gives it no more than two seconds. */
const endingMs = 1_000;

/** What tells the fleet what this process counted, and at its end what is left. */
export const fleetMetrics = once((): FleetMetrics | undefined => {
  const store = metricStore();
  if (store === undefined) return undefined;
  const fleet = new FleetMetrics({
    store,
    registry: processMetrics,
    source: metricsConfig().source,
    clocks: systemClocks,
    onTelling: () => writeToldMetrics(),
  });
  atShutdown(() => fleet.flush(endingMs));
  return fleet;
});
