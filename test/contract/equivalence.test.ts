import { randomBytes, randomUUID } from 'node:crypto';
import { type EventMessage, modelLedger, type OutboxLease, outboxSlotCount } from '@atlas/domain';
import {
  type PostgresLedger,
  type PostgresOutboxes,
  postgresLedger,
  postgresOutboxes,
} from '@atlas/postgres';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { call } from '../support/ledger.ts';
import { Driver, type Step, steps } from './command-sequences.ts';

const runs = 2_000;
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

interface Told {
  readonly type: string;
  readonly key: string;
  readonly version: bigint | null;
}

/** Per aggregate, since order is promised per aggregate. */
const byKey = (driver: Driver, events: readonly Told[]) =>
  Object.fromEntries(
    [...Map.groupBy(events, ({ key }) => String(driver.normal(key)))]
      .map(([key, all]) => [key, all.map((e) => `${e.type} ${e.version}`)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

const compare = async (sequence: readonly Step[]): Promise<void> => {
  const tenant = `t-${randomUUID()}`;
  const model = modelLedger({ now: () => new Date(), random: randomBytes });
  const expected = new Driver(model, tenant);
  const actual = new Driver(ledger, tenant);
  for (const each of [model, ledger]) {
    for (const code of ['EUR', 'USD']) await each.createAsset(tenant, { code, scale: 2 }, call());
  }
  for (const [i, step] of sequence.entries()) {
    const told = await actual.perform(step, i);
    expect(told).toEqual(await expected.perform(step, i));
  }
  expect(await actual.picture()).toEqual(await expected.picture());
  const events = (await drainEvents(tenant)).map(({ type, key, data }) => ({
    type,
    key,
    version: 'version' in data ? BigInt(data.version) : null,
  }));
  expect(byKey(actual, events)).toEqual(byKey(expected, model.events));
};

describe('Postgres and the reference model', () => {
  it(`do the same in ${runs} random sequences of commands, outcome by outcome`, async () => {
    await Promise.all(
      Array.from({ length: lanes }, () =>
        fc.assert(fc.asyncProperty(steps, compare), { numRuns: runs / lanes, verbose: 1 }),
      ),
    );
  });
});
