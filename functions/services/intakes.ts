import { type PostgresIntakes, postgresIntakes } from '@atlas/postgres';
import { once } from './once.ts';
import { shardOptions } from './shard-options.ts';

/** The transfers that are accepted now and posted soon. */
export const intakes = once((): PostgresIntakes => postgresIntakes(shardOptions()));
