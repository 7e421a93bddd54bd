import { setTimeout as sleep } from 'node:timers/promises';
import { type PostgresLedger, postgresLedger } from '@atlas/postgres';
import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { acceptedValue, call, openAccount, request, transferOf } from '../../support/ledger.ts';

const tenant = 'acme';
let database: TestDatabase;
let ledger: PostgresLedger;
let admin: pg.Client;
let world: string;

beforeAll(async () => {
  database = await testDatabase(1);
  ledger = postgresLedger({ shards: database.api, namedStatements: false });
  admin = await database.admin(0);
  await ledger.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
  world = await openAccount(ledger, tenant);
});
afterAll(async () => {
  await ledger.close();
  await admin.end();
  await database.drop();
});

const post = async (from: string, to: string, minor: bigint, effectiveAt: Date | null = null) =>
  acceptedValue(
    await ledger.postTransfer(
      request(tenant),
      { ...transferOf([from, to, minor]), effectiveAt },
      call(),
    ),
  );

const asOf = async (account: string, time: Date) =>
  acceptedValue(await ledger.readBalanceAsOf(tenant, account, time, call()));

/** Somebody else's transaction that has written on the account, and not ended. */
const underWay = async (from: string, to: string) => {
  const other = postgresLedger({ shards: database.api, namedStatements: false });
  // Its COMMIT waits for this lock, since it cannot write its outbox row.
  await admin.query('BEGIN');
  await admin.query('LOCK TABLE ledger.outbox IN SHARE ROW EXCLUSIVE MODE');
  const posted = other.postTransfer(request(tenant), transferOf([from, to, 5n]), call());
  await sleep(200);
  return {
    end: async () => {
      await admin.query('COMMIT');
      const transfer = acceptedValue(await posted);
      await other.close();
      return transfer;
    },
  };
};

describe('a balance as of a time', () => {
  it('waits for a writer who is under way, and counts what he recorded before it', async () => {
    const alice = await openAccount(ledger, tenant);
    await post(world, alice, 1n);
    const writer = await underWay(world, alice);

    const time = new Date();
    let answered = false;
    const balance = asOf(alice, time).finally(() => {
      answered = true;
    });
    await sleep(200);
    expect(answered).toBe(false);
    const transfer = await writer.end();

    expect(transfer.recordedAt.getTime()).toBeLessThanOrEqual(time.getTime());
    expect(await balance).toMatchObject({ version: 3n, balanceMinor: 6n });
    expect(await asOf(alice, time)).toEqual(await balance);
  });

  it('waits for nobody where something later is recorded', async () => {
    const alice = await openAccount(ledger, tenant);
    const { recordedAt } = await post(world, alice, 1n);
    await sleep(3);
    await post(world, alice, 1n);
    const writer = await underWay(world, alice);

    expect(await asOf(alice, recordedAt)).toMatchObject({ version: 2n, balanceMinor: 1n });
    await writer.end();
  });
});

describe('past balances', () => {
  it('are what the entries add up to, at every time there is', async () => {
    const moments = fc.date({
      min: new Date('2019-12-30T00:00:00Z'),
      max: new Date('2020-03-02T00:00:00Z'),
      noInvalidDate: true,
    });
    const postings = fc.tuple(
      fc.boolean(),
      fc.bigInt({ min: 1n, max: 1_000n }),
      fc.option(moments, { freq: 3 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(postings, { minLength: 1, maxLength: 60 }), async (history) => {
        const alice = await openAccount(ledger, tenant);
        for (const [out, minor, effectiveAt] of history) {
          await post(out ? alice : world, out ? world : alice, minor, effectiveAt);
        }
        const page = { limit: 200, after: null };
        const { items } = (await ledger.listEntries(tenant, alice, {}, page, call())) ?? {
          items: [],
        };
        const signed = items.map(({ direction, amountMinor, ...entry }) => ({
          ...entry,
          minor: direction === 'credit' ? amountMinor : -amountMinor,
        }));
        const sum = (some: typeof signed) => some.reduce((total, { minor }) => total + minor, 0n);
        const told = { asOf: new Map<number, bigint>(), effective: new Map<number, bigint>() };
        const expected: typeof told = { asOf: new Map(), effective: new Map() };
        for (const { recordedAt, effectiveAt } of items) {
          const time = recordedAt.getTime();
          told.asOf.set(time, (await asOf(alice, recordedAt)).balanceMinor);
          expected.asOf.set(time, sum(signed.filter((entry) => entry.recordedAt <= recordedAt)));
          for (const off of [-1, 0]) {
            const at = new Date(effectiveAt.getTime() + off);
            const balance = await ledger.readEffectiveBalance(tenant, alice, at, call());
            told.effective.set(at.getTime(), balance?.balanceMinor ?? -1n);
            expected.effective.set(
              at.getTime(),
              sum(signed.filter((entry) => entry.effectiveAt <= at)),
            );
          }
        }
        expect(told).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  it('add up amounts near the greatest there are', async () => {
    const most = 2n ** 62n;
    const [alice, bob] = [await openAccount(ledger, tenant), await openAccount(ledger, tenant)];
    const past = new Date('2020-01-01T00:30:00Z');
    await post(alice, bob, most, past);
    await post(bob, alice, most, past);
    await post(alice, bob, most - 1n, new Date('2019-01-01T00:00:00Z'));
    const balance = async (account: string, at: string) =>
      (await ledger.readEffectiveBalance(tenant, account, new Date(at), call()))?.balanceMinor;

    expect(await balance(bob, '2019-06-01T00:00:00Z')).toBe(most - 1n);
    expect(await balance(bob, '2020-06-01T00:00:00Z')).toBe(most - 1n);
    expect(await balance(alice, '2020-06-01T00:00:00Z')).toBe(1n - most);
  });
});
