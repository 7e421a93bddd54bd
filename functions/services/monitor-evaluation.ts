import { type PostgresMonitorEvaluation, postgresMonitorEvaluation } from '@atlas/postgres';
import { demandAtStart, postgresConfig } from '@atlas/runtime';
import { once } from './once.ts';
import { shards } from './shards.ts';

demandAtStart(postgresConfig);

/** What evaluates monitors, as the role of the jobs. */
export const monitorEvaluation = once(
  (): PostgresMonitorEvaluation =>
    postgresMonitorEvaluation({
      shards: shards(),
      namedStatements: postgresConfig().ATLAS_POSTGRES_NAMED_STATEMENTS,
    }),
);
