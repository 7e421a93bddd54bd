import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acceptedValue, call, openAccount, request } from '../../support/ledger.ts';
import { plantEvent } from '../../support/plant-event.ts';
import { pollUntil } from '../../support/poll.ts';
import { denseVersions, type EventWorld, startEventWorld, versionsByKey } from './event-world.ts';

let world: EventWorld;

beforeAll(async () => {
  world = await startEventWorld();
});
afterAll(() => world.close());

describe('a relay', () => {
  it('sends every change of sixteen writers at once, in version order per account', async () => {
    const { ledger, tenant } = world;
    const accounts = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        openAccount(ledger, tenant, i < 3 ? {} : { partitionKey: `elsewhere-${i}` }),
      ),
    );
    const stop = new AbortController();
    const relay = world.drain({ signal: stop.signal, until: 'aborted' });
    const transferIds: string[] = [];
    await Promise.all(
      Array.from({ length: 16 }, async (_, writer) => {
        for (let i = 0; i < 25; i += 1) {
          const debit = accounts[(writer + i) % 6] ?? '';
          const credit = accounts[(writer + i + 1 + (i % 5)) % 6] ?? '';
          transferIds.push(await world.transfer(debit, credit));
        }
      }),
    );
    await pollUntil(
      () => world.waiting(),
      (rows) => rows === 0,
    );
    stop.abort();

    const published = await relay;

    const transfers = await world.logged('ledger.transfer.v1');
    expect(transfers.map(({ key }) => key).sort()).toEqual(transferIds.sort());
    const entries = await world.logged('ledger.account.v1');
    expect(published).toBe(transfers.length + entries.length);
    const versions = versionsByKey(entries);
    expect([...versions.keys()].sort()).toEqual(accounts.sort());
    for (const [accountId, found] of versions) {
      const { rows } = await world.admin.query(
        'SELECT version::int FROM ledger.account WHERE account_id = $1',
        [accountId],
      );
      expect(found).toEqual(denseVersions(rows[0].version));
    }
    expect(entries).toHaveLength(6 + 2 * 400);
  });

  it('tells the life of holds on their topic, and what it does to the accounts on theirs', async () => {
    const { ledger, tenant } = world;
    const [from, to] = [await openAccount(ledger, tenant), await openAccount(ledger, tenant)];
    const command = { debitAccountId: from, creditAccountId: to, amountMinor: 10n };
    const rest = { expiresAt: null, reference: 'order 17', metadata: { table: '4' } };
    const place = () => ledger.placeHold(request(tenant), { ...command, ...rest }, call());
    const { holdId } = acceptedValue(await place()).hold;
    const part = { amountMinor: 4n, final: false };
    const first = acceptedValue(await ledger.captureHold(request(tenant), holdId, part, call()));
    const last = { amountMinor: 5n, final: true };
    const second = acceptedValue(await ledger.captureHold(request(tenant), holdId, last, call()));
    const dropped = acceptedValue(await place()).hold.holdId;
    await ledger.voidHold(request(tenant), dropped, call());

    await world.drain();

    const told = await world.logged('ledger.hold.v1');
    const of = (key: string) => told.filter((event) => event.key === key);
    expect(of(holdId).map(({ type }) => type)).toEqual([
      'HoldPlaced',
      'HoldCaptured',
      'HoldCaptured',
    ]);
    expect(of(holdId).map(({ data }) => data)).toMatchObject([
      { version: '1', amount: '10', reference: 'order 17', metadata: { table: '4' } },
      { version: '2', amount: '4', released: '0', remaining: '6', transferId: first.transferId },
      { version: '3', amount: '5', released: '1', remaining: '0', transferId: second.transferId },
    ]);
    expect(of(dropped).map(({ type, data }) => [type, data])).toMatchObject([
      ['HoldPlaced', { version: '1' }],
      ['HoldVoided', { version: '2', released: '10' }],
    ]);
    const transfers = await world.logged('ledger.transfer.v1');
    const captures = transfers.filter(({ data }) => 'postings' in data && data.holdId === holdId);
    const ids = new Set<string | null>(captures.map(({ key }) => key));
    expect(ids).toEqual(new Set([first.transferId, second.transferId]));
    const versions = versionsByKey(await world.logged('ledger.account.v1'));
    // Opened; placed, twice released and posted; placed and released.
    for (const account of [from, to]) expect(versions.get(account)).toEqual(denseVersions(8));
  });

  it('does not lose a row that commits late, which a reader with a cursor does', async () => {
    const { ledger, tenant, admin, database } = world;
    const [slow, fast] = [await openAccount(ledger, tenant), await openAccount(ledger, tenant)];
    await world.drain();
    const frozen = (accountId: string) => ({
      tenant,
      accountId,
      type: 'AccountFrozen',
      payload: { accountId, tenant, version: '2', recordedAt: new Date().toISOString() },
    });
    // The mutant: whatever is beyond the greatest id that it has seen.
    let cursor = 0n;
    const seenByCursor: bigint[] = [];
    const readByCursor = async () => {
      const { rows } = await admin.query(
        'SELECT id::text FROM ledger.outbox WHERE id > $1 ORDER BY id',
        [cursor.toString()],
      );
      for (const { id } of rows) {
        seenByCursor.push(BigInt(id));
        cursor = BigInt(id);
      }
    };
    const late = await database.admin(0);
    await late.query('BEGIN');
    const lateId = await plantEvent(late, frozen(slow));
    const earlyId = await plantEvent(admin, frozen(fast));
    expect(lateId).toBeLessThan(earlyId);

    await readByCursor();
    expect(await world.drain()).toBe(1);
    await late.query('COMMIT');
    await late.end();
    await readByCursor();
    expect(await world.drain()).toBe(1);

    expect(seenByCursor).toEqual([earlyId]);
    const frozenKeys = (await world.logged('ledger.account.v1'))
      .filter(({ type }) => type === 'AccountFrozen')
      .map(({ key }) => key);
    expect(frozenKeys.sort()).toEqual([slow, fast].sort());
  });

  it('sends a backlog that is larger than the broker takes in one request', async () => {
    const { ledger, tenant } = world;
    const [from, to] = [await openAccount(ledger, tenant), await openAccount(ledger, tenant)];
    const hundred = Array.from({ length: 100 }, () => [from, to, 1n] as const);
    for (let i = 0; i < 20; i += 1) await world.transferMany(hundred);

    await world.drain();

    const versions = versionsByKey(await world.logged('ledger.account.v1'));
    expect(versions.get(from)).toEqual(denseVersions(2_001));
    expect(versions.get(to)).toEqual(denseVersions(2_001));
  });
});
