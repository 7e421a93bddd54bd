import { type PostgresOutboxes, postgresOutboxes } from '@atlas/postgres';
import { connectedOnce } from './once.ts';
import { shardOptions } from './shard-options.ts';

/** The outboxes of all shards, as the relay's role. */
export const outboxes = connectedOnce(
  (): PostgresOutboxes => postgresOutboxes(shardOptions('outbox:drain')),
);
