import { type PostgresAuditProofs, postgresAuditProofs } from '@atlas/postgres';
import { demandAtStart, postgresConfig } from '@atlas/runtime';
import { once } from './once.ts';
import { shards } from './shards.ts';

demandAtStart(postgresConfig);

/** Proofs of what is sealed, as the role of the API: a tenant sees its own blocks. */
export const auditProofs = once(
  (): PostgresAuditProofs =>
    postgresAuditProofs({
      shards: shards(),
      namedStatements: postgresConfig().ATLAS_POSTGRES_NAMED_STATEMENTS,
    }),
);
