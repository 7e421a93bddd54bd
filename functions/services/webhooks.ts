import { type PostgresWebhooks, postgresWebhooks } from '@atlas/postgres';
import { once } from './once.ts';
import { shardOptions } from './shard-options.ts';

/** Endpoints, monitors and deliveries, connected at the first call. */
export const webhooks = once((): PostgresWebhooks => postgresWebhooks(shardOptions()));
