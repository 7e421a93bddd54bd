import { type EventMessage, type OutboxLease, outboxSlotCount } from '@atlas/domain';
import { postgresLedger, postgresOutboxes } from '@atlas/postgres';
import pg from 'pg';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import type { ObservedLedger } from './compare-ledgers.ts';

export interface ObservedPostgres extends ObservedLedger {
  readonly database: TestDatabase;
  close(): Promise<void>;
}

/** Nothing is killed here, so no commit has to wait for the disk. */
const forgetful = async (database: TestDatabase): Promise<void> => {
  for (const { id, database: name } of database.api) {
    const admin = await database.admin(id);
    await admin.query(`ALTER DATABASE ${name} SET synchronous_commit = off`);
    await admin.end();
  }
};

/** A ledger in fresh databases on two shards, and what its outboxes tell. */
export const observedPostgres = async (connections: number): Promise<ObservedPostgres> => {
  const database = await testDatabase();
  await forgetful(database);
  const ledger = postgresLedger({
    shards: database.api,
    namedStatements: true,
    maxConnectionsPerShard: connections,
  });
  const relayed = postgresOutboxes({ shards: database.relay, namedStatements: true });
  const leases: OutboxLease[] = [];
  const relays = database.relay.map(({ id, ...where }) => ({
    id,
    pool: new pg.Pool({ ...where, ssl: false, max: connections }),
  }));
  // A connection that is idle when its database is dropped tells of it.
  for (const { pool } of relays) pool.on('error', () => {});
  /** Most slots hold nothing of a tenant, and to read one takes three round trips. */
  const leasesWith = async (tenant: string): Promise<readonly OutboxLease[]> => {
    const slots = await Promise.all(
      relays.map(async ({ id, pool }) => {
        const { rows } = await pool.query<{ slot: number }>(
          'SELECT DISTINCT o.slot FROM ledger.outbox o WHERE o.tenant = $1',
          [tenant],
        );
        return rows.map(({ slot }) => `${id}/${slot}`);
      }),
    );
    const wanted = new Set(slots.flat());
    return leases.filter(({ shard, slot }) => wanted.has(`${shard}/${slot}`));
  };
  for (const outbox of relayed.outboxes) {
    for (let slot = 0; slot < outboxSlotCount; slot += 1) {
      const lease = await outbox.acquire(slot, 'contract', 3_600_000);
      if (lease === undefined) throw new Error(`somebody else reads slot ${slot}`);
      leases.push(lease);
    }
  }
  return {
    database,
    ledger,
    /** In outbox order. They are deleted, so that the next tenant finds little. */
    async events(tenant) {
      const messages: EventMessage[] = [];
      for (const lease of await leasesWith(tenant)) {
        const outbox = relayed.outboxes[lease.shard];
        const rows = (await outbox?.read(lease, 1_000)) ?? [];
        const own = rows.filter((row) => row.messages.some((message) => message.tenant === tenant));
        messages.push(...own.flatMap((row) => row.messages));
        await outbox?.acknowledge(
          lease,
          own.map((row) => row.id),
        );
      }
      return messages;
    },
    async close() {
      await Promise.all([ledger.close(), relayed.close(), ...relays.map(({ pool }) => pool.end())]);
      await database.drop();
    },
  };
};
