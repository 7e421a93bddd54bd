import type { BatchItem, BatchResult, Outcome } from '@atlas/domain';
import { type PostgresLedger, postgresLedger } from '@atlas/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { acceptedValue, call, openAccount, request, transferOf } from '../../support/ledger.ts';
import { postgresProxy } from '../../support/postgres-proxy.ts';

let database: TestDatabase;
let ledger: PostgresLedger;

beforeAll(async () => {
  database = await testDatabase();
  ledger = postgresLedger({
    shards: database.api,
    namedStatements: true,
    maxConnectionsPerShard: 20,
  });
  await ledger.createAsset('acme', { code: 'EUR', scale: 2 }, call());
});
afterAll(async () => {
  await ledger.close();
  await database.drop();
});

const transfer = (debit: string, credit: string, amountMinor: bigint): BatchItem => ({
  type: 'transfer',
  command: transferOf([debit, credit, amountMinor]),
});

const hold = (debitAccountId: string, creditAccountId: string, amountMinor: bigint): BatchItem => ({
  type: 'hold',
  command: {
    debitAccountId,
    creditAccountId,
    amountMinor,
    expiresAt: null,
    reference: null,
    metadata: {},
  },
});

const post = (items: readonly BatchItem[], atomic: boolean, who = request('acme')) =>
  ledger.postBatch(who, { atomic, items }, call());

const accepted = (outcome: Outcome<readonly BatchResult[]>): number =>
  outcome.kind === 'refused'
    ? 0
    : outcome.value.filter((result) => result.type !== 'refused').length;

const reverse = (transferId: string) =>
  ledger.reverseTransfer(
    request('acme'),
    transferId,
    { reference: null, metadata: {}, effectiveAt: null },
    call(),
  );

const accountOf = async (accountId: string) => {
  const account = await ledger.readAccount('acme', accountId, call());
  if (account === undefined) throw new Error('the account is gone');
  return account;
};

describe('batches at the same time', () => {
  it('never overdraw an account, atomic or not, beside single transfers', async () => {
    const world = await openAccount(ledger, 'acme');
    const alice = await openAccount(ledger, 'acme', { minBalance: 0n });
    acceptedValue(
      await ledger.postTransfer(request('acme'), transferOf([world, alice, 100n]), call()),
    );
    const five = Array.from({ length: 5 }, () => transfer(alice, world, 1n));

    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        i % 3 === 2
          ? ledger
              .postTransfer(request('acme'), transferOf([alice, world, 1n]), call())
              .then(({ kind }) => (kind === 'accepted' ? 1 : 0))
          : post(five, i % 3 === 0).then(accepted),
      ),
    );

    const moved = outcomes.reduce((sum, one) => sum + one, 0);
    const { postedDebits, postedCredits, version } = await accountOf(alice);
    expect([postedDebits, postedCredits]).toEqual([BigInt(moved), 100n]);
    expect(version).toBe(2n + BigInt(moved));
    // Whoever goes on alone takes the last unit.
    expect(moved).toBe(100);
  });

  it('in opposite order do not deadlock, and every entry has its version', async () => {
    const accounts = await Promise.all(
      Array.from({ length: 8 }, () => openAccount(ledger, 'acme')),
    );
    const around = (step: number): BatchItem[] =>
      accounts.map((account, i) => transfer(account, accounts[(i + step) % 8] ?? '', 1n));

    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        post(i % 2 === 0 ? around(1) : around(7).reverse(), true),
      ),
    );

    expect(outcomes.map(accepted)).toEqual(outcomes.map(() => 8));
    for (const account of accounts) {
      const page = { limit: 200, after: null };
      const entries = (await ledger.listEntries('acme', account, {}, page, call()))?.items ?? [];
      expect(entries.map(({ version }) => version)).toEqual(
        Array.from({ length: 120 }, (_, i) => BigInt(i + 2)),
      );
      let balance = 0n;
      for (const { direction, amountMinor, balanceAfterMinor } of entries) {
        balance += direction === 'credit' ? amountMinor : -amountMinor;
        expect(balanceAfterMinor).toBe(balance);
      }
    }
  });

  it('reverse a transfer once, alone or in a batch', async () => {
    const world = await openAccount(ledger, 'acme');
    const alice = await openAccount(ledger, 'acme');
    const paid = await ledger.postTransfer(request('acme'), transferOf([world, alice, 9n]), call());
    const { transferId } = acceptedValue(paid);
    const command = { reference: null, metadata: {}, effectiveAt: null };
    const item: BatchItem = { type: 'reversal', transferId, command };

    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        i % 2 === 0
          ? reverse(transferId).then(({ kind }) => (kind === 'accepted' ? 1 : 0))
          : post([item, transfer(world, alice, 1n)], true).then(accepted),
      ),
    );

    const done = outcomes.filter((count) => count > 0);
    expect(done).toHaveLength(1);
    expect((await accountOf(alice)).postedDebits).toBe(9n);
  });

  it('under one key are one batch', async () => {
    const world = await openAccount(ledger, 'acme');
    const alice = await openAccount(ledger, 'acme');
    const who = request('acme', 'one batch', 'body');
    const items = [transfer(world, alice, 1n), hold(world, alice, 2n)];

    const outcomes = await Promise.all(Array.from({ length: 20 }, () => post(items, true, who)));

    const fresh = outcomes.filter(({ kind, replayed }) => kind === 'accepted' && !replayed);
    expect(fresh).toHaveLength(1);
    expect(await accountOf(alice)).toMatchObject({ postedCredits: 1n, pendingCredits: 2n });
    expect(await post(items, true, who)).toEqual({ ...fresh[0], replayed: true });
  });
});

describe('a batch', () => {
  it('of transfers, holds and captures takes one round trip', async () => {
    const [shard, ...others] = database.api;
    if (shard === undefined) throw new Error('there is no shard');
    const proxy = await postgresProxy(shard);
    const counted = postgresLedger({
      shards: [{ ...shard, host: '127.0.0.1', port: proxy.port }, ...others],
      namedStatements: true,
      maxConnectionsPerShard: 1,
    });
    // A tenant whose home is on the first shard.
    const tenant = 'globex';
    await counted.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
    const world = await openAccount(counted, tenant);
    const alice = await openAccount(counted, tenant);
    expect(Number.parseInt(world.slice(15, 17), 16)).toBeLessThan(128);
    const placed = await counted.postBatch(
      request(tenant),
      { atomic: true, items: [hold(world, alice, 5n)] },
      call(),
    );
    const [first] = acceptedValue(placed);
    const holdId = first?.type === 'hold' ? first.change.hold.holdId : '';
    const rest = { amountMinor: null, final: true };
    const items: readonly BatchItem[] = [
      ...Array.from({ length: 100 }, () => transfer(world, alice, 1n)),
      hold(world, alice, 3n),
      { type: 'capture', hold: { item: 100 }, command: rest },
      { type: 'capture', hold: { holdId }, command: rest },
    ];

    const before = proxy.answers();
    const outcome = await counted.postBatch(request(tenant), { atomic: true, items }, call());

    expect(accepted(outcome)).toBe(103);
    expect(proxy.answers() - before).toBe(1);
    await counted.close();
    await proxy.close();
  });

  it('that is refused has changed nothing, whatever it did before that item', async () => {
    const world = await openAccount(ledger, 'acme');
    const alice = await openAccount(ledger, 'acme', { minBalance: 0n });
    const admin = await database.admin(Number.parseInt(world.slice(15, 17), 16) >> 7);
    const rows = async () => {
      const tables = ['transfer', 'posting', 'entry', 'hold', 'reversal', 'outbox'];
      const counts = tables.map((table) => `(SELECT count(*) FROM ledger.${table})`).join(' + ');
      return Number((await admin.query(`SELECT ${counts} AS n`)).rows[0].n);
    };
    const before = await rows();

    const outcome = await post(
      [
        { type: 'transfer', command: transferOf([world, alice, 5n], [world, alice, 5n]) },
        hold(alice, world, 4n),
        { type: 'capture', hold: { item: 1 }, command: { amountMinor: 1n, final: false } },
        transfer(alice, world, 7n),
      ],
      true,
    );

    expect(outcome).toMatchObject({ kind: 'refused', refusal: { item: 3 } });
    expect(await rows()).toBe(before);
    expect(await accountOf(alice)).toMatchObject({ version: 1n, pendingDebits: 0n });
    await admin.end();
  });
});
