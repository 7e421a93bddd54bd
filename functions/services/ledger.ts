import { type PostgresLedger, postgresLedger } from '@atlas/postgres';
import { demandAtStart, postgresConfig } from '@atlas/runtime';
import { once } from './once.ts';
import { shards } from './shards.ts';

demandAtStart(postgresConfig);

/** The ledger, connected at the first call and kept for as long as the environment lives. */
export const ledger = once(
  (): PostgresLedger =>
    postgresLedger({
      shards: shards(),
      namedStatements: postgresConfig().ATLAS_POSTGRES_NAMED_STATEMENTS,
    }),
);
