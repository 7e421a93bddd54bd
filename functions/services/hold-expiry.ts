import { type PostgresHoldExpiry, postgresHoldExpiry } from '@atlas/postgres';
import { demandAtStart, postgresConfig } from '@atlas/runtime';
import { once } from './once.ts';
import { shards } from './shards.ts';

demandAtStart(postgresConfig);

/** What expires holds, as the role of the jobs. */
export const holdExpiry = once(
  (): PostgresHoldExpiry =>
    postgresHoldExpiry({
      shards: shards(),
      namedStatements: postgresConfig().ATLAS_POSTGRES_NAMED_STATEMENTS,
    }),
);
