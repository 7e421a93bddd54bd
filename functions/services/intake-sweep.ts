import { type PostgresIntakeSweep, postgresIntakeSweep } from '@atlas/postgres';
import { demandAtStart, postgresConfig } from '@atlas/runtime';
import { once } from './once.ts';
import { shards } from './shards.ts';

demandAtStart(postgresConfig);

/** What finds transfers that wait too long, as the role of the jobs. */
export const intakeSweep = once(
  (): PostgresIntakeSweep =>
    postgresIntakeSweep({
      shards: shards(),
      namedStatements: postgresConfig().ATLAS_POSTGRES_NAMED_STATEMENTS,
    }),
);
