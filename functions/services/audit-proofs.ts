import { type PostgresAuditProofs, postgresAuditProofs } from '@atlas/postgres';
import { connectedOnce } from './once.ts';
import { shardOptions } from './shard-options.ts';

/** Proofs of what is sealed, as the role of the API: a tenant sees its own blocks. */
export const auditProofs = connectedOnce(
  (): PostgresAuditProofs => postgresAuditProofs(shardOptions('ledger:read')),
);
