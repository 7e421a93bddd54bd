import { type PostgresIntakes, postgresIntakes } from '@atlas/postgres';
import { demandAtStart, postgresConfig } from '@atlas/runtime';
import { once } from './once.ts';
import { shards } from './shards.ts';

demandAtStart(postgresConfig);

/** The transfers that are accepted now and posted soon. */
export const intakes = once(
  (): PostgresIntakes =>
    postgresIntakes({
      shards: shards(),
      namedStatements: postgresConfig().ATLAS_POSTGRES_NAMED_STATEMENTS,
    }),
);
