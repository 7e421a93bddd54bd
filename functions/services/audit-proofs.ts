import { type PostgresAuditProofs, postgresAuditProofs } from '@atlas/postgres';
import { once } from './once.ts';
import { shardOptions } from './shard-options.ts';

/** Proofs of what is sealed, as the role of the API: a tenant sees its own blocks. */
export const auditProofs = once((): PostgresAuditProofs => postgresAuditProofs(shardOptions()));
