import { type PostgresOutboxes, postgresOutboxes } from '@atlas/postgres';
import { demandAtStart, postgresConfig } from '@atlas/runtime';
import { once } from './once.ts';
import { shards } from './shards.ts';

demandAtStart(postgresConfig);

/** The outboxes of all shards, as the relay's role. */
export const outboxes = once((): PostgresOutboxes => postgresOutboxes({ shards: shards() }));
