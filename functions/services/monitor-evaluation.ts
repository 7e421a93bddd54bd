import { type PostgresMonitorEvaluation, postgresMonitorEvaluation } from '@atlas/postgres';
import { once } from './once.ts';
import { shardOptions } from './shard-options.ts';

/** What evaluates monitors, as the role of the jobs. */
export const monitorEvaluation = once(
  (): PostgresMonitorEvaluation => postgresMonitorEvaluation(shardOptions()),
);
