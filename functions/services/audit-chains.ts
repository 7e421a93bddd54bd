import { type PostgresAuditChains, postgresAuditChains } from '@atlas/postgres';
import { connectedOnce } from './once.ts';
import { shardOptions } from './shard-options.ts';

/** The audit chains of all shards, as the role that seals and checks them. */
export const auditChains = connectedOnce(
  (): PostgresAuditChains => postgresAuditChains(shardOptions('audit:seal')),
);
