import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAccount } from '../../support/ledger.ts';
import { pollUntil } from '../../support/poll.ts';
import {
  denseVersions,
  type EventWorld,
  plantEvent,
  startEventWorld,
  versionsByKey,
} from './event-world.ts';

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
