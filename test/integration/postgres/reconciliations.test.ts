import { deepStrictEqual } from 'node:assert';
import { dayOf, type Entry, type Period, startOf } from '@atlas/domain';
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
let account: string;
let other: string;
let entries: readonly Entry[];

const today = () => dayOf(new Date());

beforeAll(async () => {
  database = await testDatabase(1);
  admin = await database.admin(0);
  ledger = postgresLedger({ shards: database.api, namedStatements: false });
  await ledger.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
  account = await openAccount(ledger, tenant);
  other = await openAccount(ledger, tenant);
  for (let i = 0; i < 60; i += 1) {
    const [from, to] = i % 3 === 0 ? [account, other] : [other, account];
    const postings = Array.from(
      { length: 1 + (i % 4) },
      (_, p) => [from, to, BigInt(p + 1)] as const,
    );
    const effectiveAt = i % 2 === 0 ? null : startOf(today() - 20 + (i % 40));
    const command = { ...transferOf(...postings), reference: `r${i}`, effectiveAt };
    acceptedValue(await ledger.postTransfer(request(tenant), command, call()));
    if (i % 10 !== 0) continue;
    await ledger.changeAccount(
      request(tenant),
      account,
      i % 20 === 0 ? 'freeze' : 'unfreeze',
      call(),
    );
    await ledger.changeAccount(request(tenant), account, 'unfreeze', call());
  }
  const hold = { debitAccountId: account, creditAccountId: other, amountMinor: 5n };
  const more = { expiresAt: null, reference: null, metadata: {} };
  acceptedValue(await ledger.placeHold(request(tenant), { ...hold, ...more }, call()));
  // Half of the entries were recorded some days ago, so that recorded times differ.
  await admin.query(
    `UPDATE ledger.entry SET recorded_at = recorded_at - interval '9 days'
      WHERE version <= (SELECT max(version) / 2 FROM ledger.entry WHERE account_id = $1)
        AND account_id = $1`,
    [account],
  );
  const page = await ledger.listEntries(tenant, account, {}, { limit: 200, after: null }, call());
  entries = page?.items ?? [];
});
afterAll(async () => {
  await ledger.close();
  await admin.end();
  await database.drop();
});

/** What is wrong with what is read, over any period, beside what the list of entries says; or null. */
const failure = async (numRuns: number): Promise<string | null> => {
  const ends = fc.integer({ min: today() - 25, max: today() + 25 });
  const property = fc.asyncProperty(ends, ends, async (a, b) => {
    const days: Period = { from: Math.min(a, b), to: Math.max(a, b) };
    const found = await ledger.reconciliations.entriesWithin(tenant, account, days, call());
    const expected = entries
      .filter(({ kind, effectiveAt }) => {
        const day = dayOf(effectiveAt);
        return kind === 'posted' && day >= days.from && day <= days.to;
      })
      .map(({ version, transferId, direction, amountMinor, effectiveAt }) => ({
        version,
        transferId,
        amountMinor: direction === 'credit' ? amountMinor : -amountMinor,
        effectiveAt,
      }));
    const read = (found?.entries ?? [])
      .map(({ version, transferId, amountMinor, effectiveAt }) => ({
        version,
        transferId,
        amountMinor,
        effectiveAt,
      }))
      .toSorted((x, y) => (x.version < y.version ? -1 : 1));
    deepStrictEqual(read, expected);
  });
  const details = await fc.check(property, { numRuns, endOnFailure: true });
  return details.failed ? String(details.errorInstance) : null;
};

describe('the entries to reconcile', () => {
  it('are the posted ones that were effective within the days, whenever they were recorded', async () => {
    expect(await failure(200)).toBeNull();
    expect(entries.some(({ kind }) => kind === 'pending')).toBe(true);
    expect(new Set(entries.map(({ recordedAt }) => dayOf(recordedAt))).size).toBe(2);
  });

  it.each([
    ['t.effective_at IS NULL', 'true'],
    ['s.at < to_time', 's.at <= to_time'],
    ["s.side = 'e'", 'true'],
    ['AND last_version', 'AND seen'],
    ['BETWEEN first_version', 'BETWEEN 1'],
    ['ELSE - f.amount', 'ELSE f.amount'],
  ])('are not what they are with %s turned into %s', async (right, wrong) => {
    const { rows } = await admin.query<{ text: string }>(
      `SELECT pg_get_functiondef(p.oid) AS text FROM pg_proc p WHERE p.proname = 'entries_to_reconcile'`,
    );
    const text = rows[0]?.text ?? '';
    expect(text).toContain(right);
    try {
      await admin.query(text.replaceAll(right, wrong));
      expect(await failure(300)).toContain('AssertionError');
    } finally {
      await admin.query(text);
    }
  });

  it('come with the version up to which they are complete, and with their references', async () => {
    const days = { from: today() - 30, to: today() + 30 };
    const found = await ledger.reconciliations.entriesWithin(tenant, account, days, call());
    const balance = await ledger.readBalance(tenant, account, call());
    expect(found?.accountVersion).toBe(balance?.version);
    for (const { transferId, reference } of found?.entries ?? []) {
      const transfer = await ledger.readTransfer(tenant, transferId, call());
      expect(reference).toBe(transfer?.reference);
    }
    const nothing = { from: today() - 400, to: today() - 300 };
    expect(await ledger.reconciliations.entriesWithin(tenant, account, nothing, call())).toEqual({
      accountVersion: found?.accountVersion,
      entries: [],
    });
  });

  it('are refused where there are more than are compared', async () => {
    const busy = await openAccount(ledger, tenant);
    const fill = async (transfers: number) => {
      const postings = Array.from({ length: 100 }, () => [other, busy, 1n] as const);
      const one = { type: 'transfer' as const, command: transferOf(...postings) };
      const items = Array.from({ length: 10 }, () => one);
      for (let done = 0; done < transfers; done += items.length) {
        const batch = { atomic: true, items: items.slice(0, transfers - done) };
        acceptedValue(await ledger.postBatch(request(tenant), batch, call()));
      }
    };
    const days = { from: today() - 1, to: today() + 1 };
    const read = () => ledger.reconciliations.entriesWithin(tenant, busy, days, call());
    await fill(200);
    expect((await read())?.entries).toHaveLength(20_000);
    acceptedValue(
      await ledger.postTransfer(request(tenant), transferOf([other, busy, 1n]), call()),
    );
    expect(await read()).toBeUndefined();
  });
});
