import { randomUUID } from 'node:crypto';
import { type EventMessage, type OutboxLease, outboxSlotCount } from '@atlas/domain';
import {
  type PostgresLedger,
  type PostgresOutboxes,
  postgresLedger,
  postgresOutboxes,
} from '@atlas/postgres';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { steps } from './command-sequences.ts';
import { compareLedgers } from './compare-ledgers.ts';

const runs = 2_000;
/** Sequences wait for Postgres most of the time, so several go on at once. */
const lanes = 4;

let database: TestDatabase;
let ledger: PostgresLedger;
let relayed: PostgresOutboxes;
let leases: { readonly lease: OutboxLease; readonly shard: number }[];

beforeAll(async () => {
  database = await testDatabase();
  ledger = postgresLedger({
    shards: database.api,
    namedStatements: true,
    maxConnectionsPerShard: lanes,
  });
  relayed = postgresOutboxes({ shards: database.relay });
  leases = [];
  for (const outbox of relayed.outboxes) {
    for (let slot = 0; slot < outboxSlotCount; slot += 1) {
      const lease = await outbox.acquire(slot, 'contract', 3_600_000);
      if (lease !== undefined) leases.push({ lease, shard: outbox.shard });
    }
  }
});
afterAll(async () => {
  await Promise.all([ledger.close(), relayed.close()]);
  await database.drop();
});

/** A tenant's events in outbox order; they are deleted, so that the next one finds little. */
const drainEvents = async (tenant: string): Promise<EventMessage[]> => {
  const messages: EventMessage[] = [];
  for (const { lease, shard } of leases) {
    const outbox = relayed.outboxes[shard];
    const rows = (await outbox?.read(lease, 1_000)) ?? [];
    const own = rows.filter((row) => row.messages.some((message) => message.tenant === tenant));
    messages.push(...own.flatMap((row) => row.messages));
    await outbox?.acknowledge(
      lease,
      own.map((row) => row.id),
    );
  }
  return messages;
};

describe('Postgres and the reference model', () => {
  it(`do the same in ${runs} random sequences of commands, event by event`, async () => {
    const property = () =>
      fc.asyncProperty(steps, (sequence) =>
        compareLedgers({ ledger, events: drainEvents }, `t-${randomUUID()}`, sequence),
      );
    // A failure prints its seed and the shortest sequence that still fails.
    await Promise.all(
      Array.from({ length: lanes }, () =>
        fc.assert(property(), { numRuns: runs / lanes, verbose: 1 }),
      ),
    );
  });
});
