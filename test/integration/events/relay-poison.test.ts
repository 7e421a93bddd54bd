import type { OutboxRow } from '@atlas/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAccount } from '../../support/ledger.ts';
import { plantEvent } from '../../support/plant-event.ts';
import { type EventWorld, startEventWorld, versionsByKey } from './event-world.ts';

let world: EventWorld;
let poisoned: string;
let neighbour: string;
let bystander: string;

beforeEach(async () => {
  world = await startEventWorld();
  [poisoned, neighbour, bystander] = [
    await openAccount(world.ledger, world.tenant),
    await openAccount(world.ledger, world.tenant),
    await openAccount(world.ledger, world.tenant),
  ];
  await world.drain();
});
afterEach(() => world.close());

const plant = (payload: object, type = 'AccountFrozen') =>
  plantEvent(world.admin, { tenant: world.tenant, accountId: poisoned, type, payload });

/** A relay that comes again and again, as the schedule has it; answers with what it parked. */
const drainFiveTimes = async (): Promise<readonly bigint[]> => {
  const parked: OutboxRow[] = [];
  for (let round = 0; round < 5; round += 1) {
    await world.drain({ onParked: (row) => parked.push(row) });
  }
  return parked.map(({ id }) => id);
};

const published = async (accountId: string): Promise<readonly number[]> =>
  versionsByKey(await world.logged('ledger.account.v1')).get(accountId) ?? [];

const recordedAt = new Date().toISOString();

describe('a row that the schema refuses', () => {
  it('parks its account and what shares its keys; others go on, and unparking keeps order', async () => {
    const poison = await plant({ accountId: poisoned, version: '2', recordedAt });
    await world.transfer(poisoned, neighbour);
    await world.transfer(neighbour, bystander);
    const other = await openAccount(world.ledger, world.tenant);
    const another = await openAccount(world.ledger, world.tenant);
    await world.transfer(other, another);

    expect(await drainFiveTimes()).toEqual([poison]);

    // Behind the poison: its account, who traded with it, and who traded with them after that.
    expect(await published(poisoned)).toEqual([1]);
    expect(await published(neighbour)).toEqual([1]);
    expect(await published(bystander)).toEqual([1]);
    expect(await published(other)).toEqual([1, 2]);
    expect(await published(another)).toEqual([1, 2]);
    const depths = await Promise.all(world.outboxes.map((outbox) => outbox.depth()));
    expect(depths).toMatchObject([{ waiting: 0, parked: 3 }]);

    await world.transfer(poisoned, other);
    await world.transfer(another, neighbour);
    await world.drain();
    expect(await published(other)).toEqual([1, 2]);
    expect(await published(another)).toEqual([1, 2]);

    // The cause is mended, and everything goes, in order.
    await world.admin.query('DELETE FROM ledger.outbox WHERE id = $1', [poison.toString()]);
    await world.admin.query('SELECT ledger.unpark_outbox()');
    await world.drain();
    expect(await world.waiting()).toBe(0);
    expect(await published(poisoned)).toEqual([1, 2, 3]);
    expect(await published(neighbour)).toEqual([1, 2, 3, 4]);
    expect(await published(bystander)).toEqual([1, 2]);
    expect(await published(other)).toEqual([1, 2, 3]);
    expect(await published(another)).toEqual([1, 2, 3]);
  });

  it.each([
    ['has no time', 'AccountFrozen', (accountId: string) => ({ accountId, version: '2' })],
    ['is of no known type', 'AccountVanished', () => ({ recordedAt, version: '2' })],
    ['has no data at all', 'AccountFrozen', () => []],
  ])('is parked too when it %s, and its slot goes on', async (_, type, payload) => {
    const poison = await plant(payload(poisoned), type);
    await world.transfer(neighbour, bystander);

    expect(await drainFiveTimes()).toEqual([poison]);

    expect(await published(neighbour)).toEqual([1, 2]);
    expect(await published(bystander)).toEqual([1, 2]);
  });

  it('does not hide what comes after more rows than a relay reads at once', async () => {
    await plant({ accountId: poisoned, version: '2', recordedAt });
    await world.admin.query(
      `INSERT INTO ledger.outbox (aggregate_id, written_at, partition, slot, kind, tenant, event_type, payload)
       SELECT o.aggregate_id, o.written_at, o.partition, o.slot, o.kind, o.tenant, o.event_type, o.payload
         FROM ledger.outbox o, generate_series(1, 700)`,
    );
    await world.transfer(neighbour, bystander);

    await drainFiveTimes();
    await world.drain();

    expect(await published(neighbour)).toEqual([1, 2]);
    expect(await world.outboxes[0]?.depth()).toMatchObject({ waiting: 0, parked: 701 });
  });
});
