import { type PostgresIntakes, postgresIntakes } from '@atlas/postgres';
import { connectedOnce } from './once.ts';
import { shardOptions } from './shard-options.ts';

/** The transfers that are accepted now and posted soon. */
export const intakes = connectedOnce(
  (): PostgresIntakes => postgresIntakes(shardOptions('ledger:write')),
);
