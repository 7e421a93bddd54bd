import { type PostgresWebhookQueues, postgresWebhookQueues } from '@atlas/postgres';
import { connectedOnce } from './once.ts';
import { shardOptions } from './shard-options.ts';

/** The queues of deliveries on all shards, as the role of the jobs. */
export const webhookQueues = connectedOnce(
  (): PostgresWebhookQueues => postgresWebhookQueues(shardOptions('webhooks:deliver')),
);
