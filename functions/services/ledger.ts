import { type PostgresLedger, postgresLedger } from '@atlas/postgres';
import { connectedOnce } from './once.ts';
import { shardOptions } from './shard-options.ts';

/** The ledger, connected at the first call and kept for as long as the environment lives. */
export const ledger = connectedOnce(
  (): PostgresLedger => postgresLedger(shardOptions('ledger:write')),
);
