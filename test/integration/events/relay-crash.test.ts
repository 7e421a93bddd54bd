import type { AccountEntered, EventLog, Outbox } from '@atlas/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAccount } from '../../support/ledger.ts';
import { type EventWorld, startEventWorld, versionsByKey } from './event-world.ts';

let world: EventWorld;
let outbox: Outbox;

beforeAll(async () => {
  world = await startEventWorld();
  [outbox] = world.outboxes as [Outbox];
});
afterAll(() => world.close());

/** A lease runs out only by time; the superuser turns the clock instead of waiting. */
const expireLeases = () =>
  world.admin.query(`UPDATE ledger.outbox_lease SET expires_at = '-infinity'`);

/** A pair of accounts with five transfers between them, of which the outbox still holds all. */
const fiveTransfers = async (): Promise<readonly [string, string]> => {
  const from = await openAccount(world.ledger, world.tenant);
  const to = await openAccount(world.ledger, world.tenant);
  for (let i = 0; i < 5; i += 1) await world.transfer(from, to);
  return [from, to];
};

describe('a relay that dies between the log’s acknowledgement and its own', () => {
  it('leaves duplicates on the log, which have no second effect', async () => {
    const [, to] = await fiveTransfers();
    const death = new AbortController();
    const dying: Outbox = {
      ...outbox,
      acknowledge: async () => {
        death.abort();
        throw new Error('the process is gone');
      },
      // The dead release nothing.
      release: async () => {},
    };

    await world.drain({ outboxes: [dying], signal: death.signal, until: 'aborted' });
    expect(await world.waiting()).toBeGreaterThan(0);
    expect(await world.drain()).toBe(0);
    await expireLeases();
    await world.drain();

    expect(await world.waiting()).toBe(0);
    const events = await world.logged('ledger.account.v1');
    expect(versionsByKey(events).get(to)).toEqual([1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6]);
    const credits = events.filter(({ key, type }) => key === to && type === 'AccountEntered');
    let guarded = 0n;
    let version = 0n;
    // The mutant: a view that adds up whatever it is sent.
    let unguarded = 0n;
    for (const { data } of credits) {
      const entry = data as AccountEntered;
      unguarded += BigInt(entry.amount);
      if (BigInt(entry.version) <= version) continue;
      version = BigInt(entry.version);
      guarded += BigInt(entry.amount);
    }
    expect([guarded, unguarded]).toEqual([5n, 10n]);
    const ids = new Set(credits.map(({ eventId }) => eventId));
    expect([ids.size, credits.length]).toEqual([5, 10]);
  });
});

describe('two relays on one slot', () => {
  it('take turns: the second waits for the lease, and loses nothing', async () => {
    const [from] = await fiveTransfers();
    const slot = Number.parseInt(from.slice(15, 17), 16) % 8;
    const first = await outbox.acquire(slot, 'first', 60_000);
    expect(first).toBeDefined();
    expect(await outbox.acquire(slot, 'second', 60_000)).toBeUndefined();
    expect(await world.drain()).toBe(0);
    expect(await world.waiting()).toBeGreaterThan(0);

    if (first !== undefined) await outbox.release(first);
    expect(await world.drain()).toBeGreaterThan(0);
    expect(await world.waiting()).toBe(0);
  });

  it('refuse the acknowledgement of one that slept through its lease', async () => {
    const [from, to] = await fiveTransfers();
    const slot = Number.parseInt(from.slice(15, 17), 16) % 8;
    const zombie = await outbox.acquire(slot, 'zombie', 60_000);
    if (zombie === undefined) throw new Error('the slot is taken');
    const rows = await outbox.read(zombie, 500);
    const ids = rows.map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(0);
    await expireLeases();
    const heir = await outbox.acquire(slot, 'heir', 60_000);
    expect(heir?.epoch).toBe(zombie.epoch + 1n);

    // It may still send, which no lease can prevent; but it deletes, parks and releases nothing.
    await world.log.publish(rows.flatMap(({ messages }) => messages));
    expect(await outbox.acknowledge(zombie, ids)).toBe(false);
    expect(await outbox.fail(zombie, ids[0] ?? 0n, 'late', 1)).toBe(false);
    await outbox.release(zombie);
    expect(await world.waiting()).toBe(ids.length);
    if (heir === undefined) throw new Error('the slot has no heir');
    expect((await outbox.read(heir, 500)).map(({ id }) => id)).toEqual(ids);
    await outbox.release(heir);
    await world.drain();

    const versions = versionsByKey(await world.logged('ledger.account.v1')).get(to) ?? [];
    expect([...new Set(versions)]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(versions).toHaveLength(12);
  });

  it('keep the order of each account when the log fails now and then', async () => {
    const [from] = await fiveTransfers();
    let calls = 0;
    const flaky: EventLog = {
      ...world.log,
      publish: async (messages) => {
        calls += 1;
        await world.log.publish(messages);
        if (calls <= 2) throw new Error('acknowledged, but the answer was lost');
      },
    };

    await world.drain({ log: flaky });

    expect(await world.waiting()).toBe(0);
    const versions = versionsByKey(await world.logged('ledger.account.v1')).get(from) ?? [];
    expect([...new Set(versions)]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(versions).toHaveLength(18);
  });
});
