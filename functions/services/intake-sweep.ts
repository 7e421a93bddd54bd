import { type PostgresIntakeSweep, postgresIntakeSweep } from '@atlas/postgres';
import { connectedOnce } from './once.ts';
import { shardOptions } from './shard-options.ts';

/** What finds transfers that wait too long, as the role of the jobs. */
export const intakeSweep = connectedOnce(
  (): PostgresIntakeSweep => postgresIntakeSweep(shardOptions('intakes:sweep')),
);
