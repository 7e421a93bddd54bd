import { type EventMessage, type OutboxLease, outboxSlotCount } from '@atlas/domain';
import { postgresLedger, postgresOutboxes } from '@atlas/postgres';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import type { ObservedLedger } from './compare-ledgers.ts';

export interface ObservedPostgres extends ObservedLedger {
  readonly database: TestDatabase;
  close(): Promise<void>;
}

/** A ledger in fresh databases on two shards, and what its outboxes tell. */
export const observedPostgres = async (connections: number): Promise<ObservedPostgres> => {
  const database = await testDatabase();
  const ledger = postgresLedger({
    shards: database.api,
    namedStatements: true,
    maxConnectionsPerShard: connections,
  });
  const relayed = postgresOutboxes({ shards: database.relay });
  const leases: OutboxLease[] = [];
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
      for (const lease of leases) {
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
      await Promise.all([ledger.close(), relayed.close()]);
      await database.drop();
    },
  };
};
