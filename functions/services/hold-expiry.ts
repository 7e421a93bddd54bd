import { type PostgresHoldExpiry, postgresHoldExpiry } from '@atlas/postgres';
import { connectedOnce } from './once.ts';
import { shardOptions } from './shard-options.ts';

/** What expires holds, as the role of the jobs. */
export const holdExpiry = connectedOnce(
  (): PostgresHoldExpiry => postgresHoldExpiry(shardOptions('holds:expire')),
);
