import { type PostgresAuditChains, postgresAuditChains } from '@atlas/postgres';
import { demandAtStart, postgresConfig } from '@atlas/runtime';
import { once } from './once.ts';
import { shards } from './shards.ts';

demandAtStart(postgresConfig);

/** The audit chains of all shards, as the role that seals and checks them. */
export const auditChains = once(
  (): PostgresAuditChains =>
    postgresAuditChains({
      shards: shards(),
      namedStatements: postgresConfig().ATLAS_POSTGRES_NAMED_STATEMENTS,
    }),
);
