import { type PostgresIntakeSweep, postgresIntakeSweep } from '@atlas/postgres';
import { once } from './once.ts';
import { shardOptions } from './shard-options.ts';

/** What finds transfers that wait too long, as the role of the jobs. */
export const intakeSweep = once((): PostgresIntakeSweep => postgresIntakeSweep(shardOptions()));
