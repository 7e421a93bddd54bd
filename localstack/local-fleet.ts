import { dynamoMetricStore } from '@atlas/dynamodb';
import {
  FleetMetrics,
  processMetrics,
  ResilientGuard,
  systemClocks,
  usualSettings,
} from '@atlas/runtime';
import { names } from '../lib/names.ts';
import { readStage } from '../lib/stage.ts';

/** Of the stage that runs on this machine. */
export const localMetricsTable = names(readStage('local')).metricsTable;

/** What a process of this machine adds its counts to, beside the functions: the table of the local stage. */
export const localMetricStore = (awsEndpoint: string) => {
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  const guard = new ResilientGuard(
    {
      ...usualSettings,
      name: 'dynamodb-metrics',
      timeout: { floorMs: 300, ceilingMs: 2_000, factor: 4 },
    },
    { clocks: systemClocks, random: Math.random },
  );
  return dynamoMetricStore({
    table: localMetricsTable,
    now: Date.now,
    region: 'us-east-1',
    endpoint: awsEndpoint,
    guard,
  });
};

/** How often a long-lived process looks whether there is something to tell. */
const lookEveryMs = 1_000;
const flushMs = 2_000;

/** Tells what this process counts, as functions do; `close` tells the rest. */
export const localFleet = (awsEndpoint: string, source: string) => {
  const store = localMetricStore(awsEndpoint);
  const fleet = new FleetMetrics({ registry: processMetrics, store, source, clocks: systemClocks });
  const timer = setInterval(() => fleet.begin(), lookEveryMs).unref();
  return {
    close: async (): Promise<void> => {
      clearInterval(timer);
      await fleet.flush(flushMs);
    },
  };
};
