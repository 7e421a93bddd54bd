import { type PostgresWebhooks, postgresWebhooks } from '@atlas/postgres';
import { connectedOnce } from './once.ts';
import { shardOptions } from './shard-options.ts';

/** Endpoints, monitors and deliveries, connected at the first call. */
export const webhooks = connectedOnce(
  (): PostgresWebhooks => postgresWebhooks(shardOptions('ledger:write')),
);
