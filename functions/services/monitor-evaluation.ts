import { type PostgresMonitorEvaluation, postgresMonitorEvaluation } from '@atlas/postgres';
import { connectedOnce } from './once.ts';
import { shardOptions } from './shard-options.ts';

/** What evaluates monitors, as the role of the jobs. */
export const monitorEvaluation = connectedOnce(
  (): PostgresMonitorEvaluation => postgresMonitorEvaluation(shardOptions('monitors:evaluate')),
);
