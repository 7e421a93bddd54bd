import { type PostgresLedger, postgresLedger } from '@atlas/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { acceptedValue, call, openAccount, request, transferOf } from '../../support/ledger.ts';

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
  await ledger.createAsset('acme', { code: 'USD', scale: 2 }, call());
});
afterAll(async () => {
  await ledger.close();
  await database.drop();
});

const balanceOf = async (accountId: string) =>
  (await ledger.readBalance('acme', accountId, call()))?.balanceMinor;

describe('a transfer', () => {
  it('moves the amount, writes dense versions, and answers with what is left', async () => {
    const world = await openAccount(ledger, 'acme');
    const alice = await openAccount(ledger, 'acme', { minBalance: 0n });
    const command = { ...transferOf([world, alice, 1_050n]), reference: 'invoice 7' };

    const transfer = acceptedValue(await ledger.postTransfer(request('acme'), command, call()));

    expect(transfer.balances).toEqual([
      { accountId: world, version: 2n, balanceMinor: -1_050n, availableMinor: -1_050n },
      { accountId: alice, version: 2n, balanceMinor: 1_050n, availableMinor: 1_050n },
    ]);
    expect(await ledger.readTransfer('acme', transfer.transferId, call())).toEqual(transfer);
    const entries = await ledger.listEntries('acme', alice, {}, { limit: 10, after: null }, call());
    expect(entries?.items).toMatchObject([
      { version: 2n, direction: 'credit', amountMinor: 1_050n, balanceAfterMinor: 1_050n },
    ]);
  });

  it('refuses to overdraw, and then writes nothing', async () => {
    const alice = await openAccount(ledger, 'acme', { minBalance: 0n });
    const world = await openAccount(ledger, 'acme');
    acceptedValue(
      await ledger.postTransfer(request('acme'), transferOf([world, alice, 39n]), call()),
    );

    const outcome = await ledger.postTransfer(
      request('acme'),
      transferOf([alice, world, 40n]),
      call(),
    );

    expect(outcome).toEqual({
      kind: 'refused',
      replayed: false,
      refusal: {
        code: 'insufficient-funds',
        accountId: alice,
        availableMinor: 39n,
        minBalanceMinor: 0n,
      },
    });
    expect(await balanceOf(alice)).toBe(39n);
    const entries = await ledger.listEntries('acme', alice, {}, { limit: 10, after: null }, call());
    expect(entries?.items).toHaveLength(1);
  });

  it('of several postings is atomic, and checks limits after the last', async () => {
    const world = await openAccount(ledger, 'acme');
    const alice = await openAccount(ledger, 'acme', { minBalance: 0n });
    const bob = await openAccount(ledger, 'acme', { minBalance: 0n });

    // Alice is short in between, and whole again at the end.
    const transfer = acceptedValue(
      await ledger.postTransfer(
        request('acme'),
        transferOf([alice, bob, 5n], [world, alice, 5n]),
        call(),
      ),
    );
    expect(transfer.balances.map((b) => b.balanceMinor)).toEqual([0n, 5n, -5n]);
    expect(await ledger.readTransfer('acme', transfer.transferId, call())).toEqual(transfer);

    const refused = await ledger.postTransfer(
      request('acme'),
      transferOf([world, alice, 1n], [bob, alice, 6n]),
      call(),
    );
    expect(refused).toMatchObject({ kind: 'refused', refusal: { code: 'insufficient-funds' } });
    expect(await balanceOf(alice)).toBe(0n);
  });

  it('names what it refuses: status, asset, shard, overflow and the account itself', async () => {
    const world = await openAccount(ledger, 'acme');
    const dollars = await openAccount(ledger, 'acme', { asset: 'USD' });
    const closed = await openAccount(ledger, 'acme');
    const frozen = await openAccount(ledger, 'acme');
    const capped = await openAccount(ledger, 'acme', { maxBalance: 10n });
    const far = await otherShardAccount(world);
    const missing = `${world.slice(0, -1)}${world.endsWith('0') ? '1' : '0'}`;
    acceptedValue(await ledger.changeAccount(request('acme'), closed, 'close', call()));
    acceptedValue(await ledger.changeAccount(request('acme'), frozen, 'freeze', call()));
    const greatest = 2n ** 63n - 1n;
    const sink = await openAccount(ledger, 'acme');
    acceptedValue(
      await ledger.postTransfer(request('acme'), transferOf([world, sink, greatest]), call()),
    );

    const codes = await Promise.all(
      (
        [
          [world, world, 1n],
          [world, far, 1n],
          [world, missing, 1n],
          [world, closed, 1n],
          [frozen, world, 1n],
          [world, dollars, 1n],
          [world, frozen, 1n],
          [capped, sink, 1n],
          [world, capped, 11n],
        ] as const
      ).map(async (posting) => {
        const outcome = await ledger.postTransfer(request('acme'), transferOf(posting), call());
        return outcome.kind === 'refused' ? outcome.refusal.code : 'accepted';
      }),
    );
    expect(codes).toEqual([
      'same-account',
      'cross-shard-transfer',
      'account-not-found',
      'account-closed',
      'account-frozen',
      'asset-mismatch',
      'account-frozen',
      'amount-overflow',
      'amount-overflow',
    ]);
  });
});

const otherShardAccount = async (near: string): Promise<string> => {
  const shardOf = (id: string) => Number.parseInt(id.slice(15, 17), 16) >> 7;
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const account = await openAccount(ledger, 'acme', { partitionKey: `far-${attempt}` });
    if (shardOf(account) !== shardOf(near)) return account;
  }
  throw new Error('no key of forty hashes to the other shard');
};

describe('under concurrency', () => {
  it('twenty writers on one account never pass its limit', async () => {
    const world = await openAccount(ledger, 'acme');
    const alice = await openAccount(ledger, 'acme', { minBalance: 0n });
    acceptedValue(
      await ledger.postTransfer(request('acme'), transferOf([world, alice, 100n]), call()),
    );

    const outcomes = await Promise.all(
      Array.from({ length: 60 }, () =>
        ledger.postTransfer(request('acme'), transferOf([alice, world, 5n]), call()),
      ),
    );

    expect(outcomes.filter((o) => o.kind === 'accepted')).toHaveLength(20);
    expect(await balanceOf(alice)).toBe(0n);
    const entries = await ledger.listEntries(
      'acme',
      alice,
      {},
      { limit: 100, after: null },
      call(),
    );
    expect(entries?.items.map((e) => e.version)).toEqual(
      Array.from({ length: 21 }, (_, i) => BigInt(i + 2)),
    );
    let balance = 0n;
    for (const entry of entries?.items ?? []) {
      balance += entry.direction === 'credit' ? entry.amountMinor : -entry.amountMinor;
      expect(entry.balanceAfterMinor).toBe(balance);
    }
  });

  it('transfers in opposite order, in both forms, do not deadlock', async () => {
    const one = await openAccount(ledger, 'acme');
    const two = await openAccount(ledger, 'acme');
    const three = await openAccount(ledger, 'acme');
    const forms = [
      transferOf([one, two, 1n]),
      transferOf([two, one, 1n]),
      transferOf([three, one, 1n], [two, three, 1n]),
      transferOf([one, three, 1n], [three, two, 1n]),
    ];
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        ledger.postTransfer(request('acme'), forms[i % 4] ?? transferOf(), call()),
      ),
    );
    expect(outcomes.every((o) => o.kind === 'accepted')).toBe(true);
    expect(await balanceOf(one)).toBe(0n);
  });
});
