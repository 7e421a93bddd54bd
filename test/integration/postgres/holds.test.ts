import { type HoldChange, type Outcome, partitionOfId } from '@atlas/domain';
import {
  type PostgresHoldExpiry,
  type PostgresLedger,
  postgresHoldExpiry,
  postgresLedger,
} from '@atlas/postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { acceptedValue, call, openAccount, request, transferOf } from '../../support/ledger.ts';
import { pollUntil } from '../../support/poll.ts';

const tenants = ['acme', 'globex', 'initech', 'umbrella'] as const;
type Tenant = (typeof tenants)[number];

let database: TestDatabase;
let ledger: PostgresLedger;
let expiry: PostgresHoldExpiry;

beforeAll(async () => {
  database = await testDatabase();
  ledger = postgresLedger({
    shards: database.api,
    namedStatements: true,
    maxConnectionsPerShard: 20,
  });
  expiry = postgresHoldExpiry({ shards: database.jobs, namedStatements: true });
  for (const tenant of tenants) {
    await ledger.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
  }
});
afterAll(async () => {
  await Promise.all([ledger.close(), expiry.close()]);
  await database.drop();
});

interface Pair {
  readonly tenant: Tenant;
  readonly alice: string;
  readonly shop: string;
}

/** An account with funds that cannot be overdrawn, and one to pay. */
const pair = async (tenant: Tenant, funds: bigint): Promise<Pair> => {
  const world = await openAccount(ledger, tenant);
  const alice = await openAccount(ledger, tenant, { minBalance: 0n });
  const shop = await openAccount(ledger, tenant);
  acceptedValue(
    await ledger.postTransfer(request(tenant), transferOf([world, alice, funds]), call()),
  );
  return { tenant, alice, shop };
};

const place = async (
  { tenant, alice, shop }: Pair,
  amountMinor: bigint,
  expiresAt: Date | null = null,
): Promise<string> => {
  const sides = { debitAccountId: alice, creditAccountId: shop };
  const command = { ...sides, amountMinor, expiresAt, reference: null, metadata: {} };
  const placed = await ledger.placeHold(request(tenant), command, call());
  return acceptedValue(placed).hold.holdId;
};

const soon = (ms: number): Date => new Date(Date.now() + ms);

const capture = (tenant: Tenant, holdId: string, amountMinor: bigint | null, final: boolean) =>
  ledger.captureHold(request(tenant), holdId, { amountMinor, final }, call());

const accountOf = async (tenant: Tenant, accountId: string) => {
  const account = await ledger.readAccount(tenant, accountId, call());
  if (account === undefined) throw new Error('the account is gone');
  return account;
};

const codesOf = (outcomes: readonly Outcome<HoldChange>[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) {
    const code = outcome.kind === 'refused' ? outcome.refusal.code : 'accepted';
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
};

describe('a hold that many want to end', () => {
  it('is captured or voided once, whoever is first', async () => {
    const accounts = await pair('acme', 1_000n);
    const holds = await Promise.all(Array.from({ length: 20 }, () => place(accounts, 50n)));

    const decided = await Promise.all(
      holds.map(async (holdId) => {
        const outcomes = await Promise.all([
          capture('acme', holdId, null, true),
          ledger.voidHold(request('acme'), holdId, call()),
          capture('acme', holdId, null, true),
          ledger.voidHold(request('acme'), holdId, call()),
        ]);
        expect(codesOf(outcomes)).toEqual({ accepted: 1, 'hold-settled': 3 });
        return (await ledger.readHold('acme', holdId, call()))?.status;
      }),
    );

    const captured = decided.filter((status) => status === 'captured').length;
    expect(captured + decided.filter((status) => status === 'voided').length).toBe(20);
    const moved = BigInt(captured) * 50n;
    expect(await accountOf('acme', accounts.alice)).toMatchObject({
      postedDebits: moved,
      pendingDebits: 0n,
      version: 2n + 20n + 20n + BigInt(captured),
    });
    expect(await accountOf('acme', accounts.shop)).toMatchObject({
      postedCredits: moved,
      pendingCredits: 0n,
    });
  });

  it('gives out in parts no more than it has', async () => {
    const accounts = await pair('acme', 100n);
    const holdId = await place(accounts, 95n);

    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => capture('acme', holdId, 10n, false)),
    );

    expect(codesOf(outcomes)).toEqual({ accepted: 9, 'capture-exceeds-hold': 11 });
    const rest = acceptedValue(await capture('acme', holdId, null, false));
    expect(rest.hold).toMatchObject({ status: 'captured', capturedMinor: 95n, version: 11n });
    expect(await accountOf('acme', accounts.alice)).toMatchObject({
      postedDebits: 95n,
      pendingDebits: 0n,
    });
  });

  it('reserves against holds and transfers at once: nothing is spent twice', async () => {
    const { tenant, alice, shop } = await pair('acme', 100n);

    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        i % 2 === 0
          ? place({ tenant, alice, shop }, 5n).then(
              () => true,
              () => false,
            )
          : ledger
              .postTransfer(request(tenant), transferOf([alice, shop, 5n]), call())
              .then(({ kind }) => kind === 'accepted'),
      ),
    );

    expect(outcomes.filter((accepted) => accepted)).toHaveLength(20);
    const { postedDebits, pendingDebits } = await accountOf(tenant, alice);
    expect(postedDebits + pendingDebits).toBe(100n);
  });
});

describe('the expiry of holds', () => {
  it('releases what is due of every tenant, once, however many jobs run', async () => {
    const all = await Promise.all(tenants.map((tenant) => pair(tenant, 100n)));
    const expiresAt = soon(300);
    const due = await Promise.all(all.flatMap((p) => [place(p, 10n, expiresAt), place(p, 5n)]));
    const late = await Promise.all(all.map((p) => place(p, 1n, soon(3_600_000))));
    const shards = new Set(due.map((id) => partitionOfId(id) >> 7));
    expect(shards.size).toBe(2);
    const other = postgresHoldExpiry({ shards: database.jobs, namedStatements: true });
    await pollUntil(
      () => Promise.resolve(Date.now()),
      (now) => now > expiresAt.getTime(),
    );

    const rounds = await Promise.all([
      expiry.expireDue(100, call()),
      other.expireDue(100, call()),
      expiry.expireDue(100, call()),
    ]);
    await other.close();

    expect(rounds.reduce((sum, { expired }) => sum + expired, 0)).toBe(4);
    expect(rounds.map(({ failed }) => failed)).toEqual([0, 0, 0]);
    expect(await expiry.expireDue(100, call())).toEqual({ expired: 0, failed: 0 });
    for (const [i, { tenant, alice, shop }] of all.entries()) {
      expect((await ledger.readHold(tenant, due[2 * i] ?? '', call()))?.status).toBe('expired');
      expect((await ledger.readHold(tenant, late[i] ?? '', call()))?.status).toBe('pending');
      // Opened, funded, three holds, one release.
      expect(await accountOf(tenant, alice)).toMatchObject({ pendingDebits: 6n, version: 6n });
      expect(await accountOf(tenant, shop)).toMatchObject({
        pendingCredits: 6n,
        postedCredits: 0n,
      });
    }
  });

  it('at the same time as captures and voids leaves each hold one end', async () => {
    const accounts = await pair('acme', 10_000n);
    const expiresAt = soon(600);
    const holds = await Promise.all(
      Array.from({ length: 60 }, () => place(accounts, 10n, expiresAt)),
    );
    await pollUntil(
      () => Promise.resolve(Date.now()),
      (now) => now > expiresAt.getTime() - 60,
      5_000,
    );

    let expired = 0;
    const job = (async () => {
      while (Date.now() < expiresAt.getTime() + 200) {
        expired += (await expiry.expireDue(200, call())).expired;
      }
    })();
    const outcomes = await Promise.all(
      holds.map((holdId, i) =>
        i % 2 === 0
          ? capture('acme', holdId, null, true)
          : ledger.voidHold(request('acme'), holdId, call()),
      ),
    );
    await job;
    expired += (await expiry.expireDue(200, call())).expired;

    const accepted = outcomes.filter(({ kind }) => kind === 'accepted').length;
    expect(accepted + expired).toBe(60);
    const { items } = await ledger.listHolds('acme', {}, { limit: 500, after: null }, call());
    const ended = items.filter(({ holdId }) => holds.includes(holdId));
    const count = (status: string) => ended.filter((hold) => hold.status === status).length;
    expect([count('captured') + count('voided'), count('expired')]).toEqual([accepted, expired]);
    expect(await accountOf('acme', accounts.alice)).toMatchObject({
      pendingDebits: 0n,
      postedDebits: BigInt(count('captured')) * 10n,
    });
  });

  it('counts a hold that it cannot release, and goes on with the others', async () => {
    const [stuck, free] = [await pair('acme', 100n), await pair('globex', 100n)];
    const expiresAt = soon(100);
    const [left, released] = [await place(stuck, 1n, expiresAt), await place(free, 1n, expiresAt)];
    const partition = partitionOfId(left);
    const admins = await Promise.all(database.api.map(({ id }) => database.admin(id)));
    const fence = (state: string) =>
      Promise.all(
        admins.map((admin) =>
          admin.query(
            `UPDATE ledger.partition_owner SET state = $1
              WHERE partition = $2 AND state IN ('owned', 'fenced')`,
            [state, partition],
          ),
        ),
      );
    await fence('fenced');
    await pollUntil(
      () => Promise.resolve(Date.now()),
      (now) => now > expiresAt.getTime(),
    );

    expect(await expiry.expireDue(100, call())).toEqual({ expired: 1, failed: 1 });
    expect((await accountOf('globex', free.alice)).pendingDebits).toBe(0n);
    expect((await accountOf('acme', stuck.alice)).pendingDebits).toBe(1n);
    // Its time is over all the same: nobody can capture it.
    await fence('owned');
    expect(await capture('acme', left, null, true)).toMatchObject({
      refusal: { code: 'hold-settled', status: 'expired' },
    });
    expect(await expiry.expireDue(100, call())).toEqual({ expired: 1, failed: 0 });
    expect(released).not.toBe(left);
    await Promise.all(admins.map((admin) => admin.end()));
  });

  it('shows the role of the jobs what may be due, and nothing else of any tenant', async () => {
    const accounts = await pair('acme', 100n);
    await place(accounts, 1n);
    const waiting = await place(accounts, 2n, soon(3_600_000));
    const seen: string[] = [];
    for (const connection of database.jobs) {
      const client = new pg.Client({
        ...connection,
        password: String(connection.password),
        ssl: false,
      });
      await client.connect();
      const { rows } = await client.query<{ hold_id: string; timed: boolean }>(
        'SELECT hold_id, expires_at IS NOT NULL AS timed FROM ledger.hold',
      );
      expect(rows.every(({ timed }) => timed)).toBe(true);
      seen.push(...rows.map(({ hold_id }) => hold_id));
      for (const table of ['account', 'entry', 'transfer', 'idempotency_key']) {
        const answer = await client.query(`SELECT FROM ledger.${table}`);
        expect([table, answer.rowCount]).toEqual([table, 0]);
      }
      const changed = await client.query(`UPDATE ledger.hold SET status = 'x'`);
      expect(changed.rowCount).toBe(0);
      await expect(client.query('SELECT FROM ledger.outbox')).rejects.toThrow('permission denied');
      await client.end();
    }
    expect(seen).toContain(waiting);
  });
});
