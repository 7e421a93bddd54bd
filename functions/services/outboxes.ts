import { type PostgresOutboxes, postgresOutboxes } from '@atlas/postgres';
import { once } from './once.ts';
import { shardOptions } from './shard-options.ts';

/** The outboxes of all shards, as the relay's role. */
export const outboxes = once((): PostgresOutboxes => postgresOutboxes(shardOptions()));
