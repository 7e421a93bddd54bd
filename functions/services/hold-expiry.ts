import { type PostgresHoldExpiry, postgresHoldExpiry } from '@atlas/postgres';
import { once } from './once.ts';
import { shardOptions } from './shard-options.ts';

/** What expires holds, as the role of the jobs. */
export const holdExpiry = once((): PostgresHoldExpiry => postgresHoldExpiry(shardOptions()));
