import { type PostgresAuditChains, postgresAuditChains } from '@atlas/postgres';
import { once } from './once.ts';
import { shardOptions } from './shard-options.ts';

/** The audit chains of all shards, as the role that seals and checks them. */
export const auditChains = once((): PostgresAuditChains => postgresAuditChains(shardOptions()));
