import { type PostgresLedger, postgresLedger } from '@atlas/postgres';
import { once } from './once.ts';
import { shardOptions } from './shard-options.ts';

/** The ledger, connected at the first call and kept for as long as the environment lives. */
export const ledger = once((): PostgresLedger => postgresLedger(shardOptions()));
