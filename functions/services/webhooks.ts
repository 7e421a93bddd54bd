import { type PostgresWebhooks, postgresWebhooks } from '@atlas/postgres';
import { demandAtStart, postgresConfig } from '@atlas/runtime';
import { once } from './once.ts';
import { shards } from './shards.ts';

demandAtStart(postgresConfig);

/** Endpoints, monitors and deliveries, connected at the first call. */
export const webhooks = once(
  (): PostgresWebhooks =>
    postgresWebhooks({
      shards: shards(),
      namedStatements: postgresConfig().ATLAS_POSTGRES_NAMED_STATEMENTS,
    }),
);
