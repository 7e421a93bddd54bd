import { type PostgresWebhookQueues, postgresWebhookQueues } from '@atlas/postgres';
import { demandAtStart, postgresConfig } from '@atlas/runtime';
import { once } from './once.ts';
import { shards } from './shards.ts';

demandAtStart(postgresConfig);

/** The queues of deliveries on all shards, as the role of the jobs. */
export const webhookQueues = once(
  (): PostgresWebhookQueues =>
    postgresWebhookQueues({
      shards: shards(),
      namedStatements: postgresConfig().ATLAS_POSTGRES_NAMED_STATEMENTS,
    }),
);
