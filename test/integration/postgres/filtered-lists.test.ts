import { deepStrictEqual } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Account,
  type AccountFilter,
  type Entry,
  type EntryFilter,
  type Hold,
  type HoldFilter,
  homePartition,
  matchesAccount,
  matchesEntry,
  matchesHold,
  matchesTransfer,
  type Page,
  type PageRequest,
  partitionOfId,
  type Transfer,
  type TransferFilter,
} from '@atlas/domain';
import { type PostgresLedger, postgresLedger } from '@atlas/postgres';
import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { acceptedValue, call, request, transferOf } from '../../support/ledger.ts';

const tenant = 'acme';
let database: TestDatabase;
let ledger: PostgresLedger;
let accounts: readonly Account[];
let transfers: readonly Transfer[];
let holds: readonly Hold[];
let entries: ReadonlyMap<string, readonly Entry[]>;

type Read<T> = (page: PageRequest) => Promise<Page<T>>;

/** All pages, so many at a time. */
const walk = async <T>(read: Read<T>, limit: number): Promise<readonly T[]> => {
  const items: T[] = [];
  for (let after: string | null = null; ; ) {
    const page: Page<T> = await read({ limit, after });
    items.push(...page.items);
    if (page.next === null) return items;
    after = page.next;
  }
};

const entriesOf =
  (accountId: string, filter: EntryFilter): Read<Entry> =>
  async (page) => {
    const found = await ledger.listEntries(tenant, accountId, filter, page, call());
    if (found === undefined) throw new Error('the account is gone');
    return found;
  };

const labels: readonly Readonly<Record<string, string>>[] = [
  {},
  { channel: 'web' },
  { channel: 'web', order: '17' },
  { channel: 'shop' },
];
const past = (day: number) => new Date(Date.UTC(2020, 0, day));
const pick = <T>(from: readonly T[], place: number): T => from[place % from.length] as T;

const makeWorld = async (): Promise<void> => {
  await ledger.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
  await ledger.createAsset(tenant, { code: 'USD', scale: 2 }, call());
  const ids: string[] = [];
  for (let i = 0; i < 24; i += 1) {
    const wishes = {
      asset: i % 4 === 3 ? 'USD' : 'EUR',
      name: pick([null, 'cash', 'till'], i),
      minBalance: null,
      maxBalance: null,
      metadata: pick(labels, i),
      partitionKey: i % 6 === 5 ? `key-${i}` : null,
    };
    const opened = await ledger.openAccount(request(tenant), wishes, call());
    ids.push(acceptedValue(opened).accountId);
  }
  const euros = ids.filter((_, i) => i % 4 !== 3);
  for (let i = 0; i < 240; i += 1) {
    const among = i % 10 === 9 ? ids : euros;
    const postings = Array.from({ length: 1 + (i % 3 === 2 ? 2 : 0) }, (_, p) => {
      const from = pick(among, i * 7 + p);
      return [from, pick(among, i * 11 + p * 5 + 1), BigInt(1 + ((i * 13 + p) % 40))] as const;
    });
    const command = {
      ...transferOf(...postings),
      reference: pick([null, 'rent', 'food'], i),
      metadata: pick(labels, i >> 1),
      effectiveAt: i % 5 === 0 ? past(1 + (i % 28)) : null,
    };
    // Some are refused: the same account, other assets, other shards.
    await ledger.postTransfer(request(tenant), command, call());
    if (i % 3 !== 0) continue;
    const hold = await ledger.placeHold(
      request(tenant),
      {
        debitAccountId: pick(euros, i),
        creditAccountId: pick(euros, i + 1),
        amountMinor: BigInt(1 + (i % 40)),
        expiresAt: i % 9 === 0 ? new Date(Date.now() + 60) : null,
        reference: pick([null, 'rent'], i),
        metadata: pick(labels, i),
      },
      call(),
    );
    if (hold.kind === 'refused') continue;
    const { holdId } = hold.value.hold;
    if (i % 4 === 1) await ledger.voidHold(request(tenant), holdId, call());
    const part = { amountMinor: 1n, final: i % 8 === 2 };
    if (i % 4 === 2) await ledger.captureHold(request(tenant), holdId, part, call());
  }
  for (const i of [1, 6, 9]) {
    await ledger.changeAccount(request(tenant), pick(ids, i), 'freeze', call());
  }
};

beforeAll(async () => {
  database = await testDatabase();
  ledger = postgresLedger({ shards: database.api, namedStatements: false });
  await makeWorld();
  // Until everything that expires has done so: after that nothing changes by itself.
  const untimed = async () =>
    (await walk((page) => ledger.listHolds(tenant, {}, page, call()), 200)).every(
      ({ status, expiresAt }) => status !== 'pending' || expiresAt === null,
    );
  await sleep(80);
  if (!(await untimed())) throw new Error('a hold has not expired');
  accounts = await walk((page) => ledger.listAccounts(tenant, {}, page, call()), 200);
  transfers = await walk((page) => ledger.listTransfers(tenant, {}, page, call()), 200);
  holds = await walk((page) => ledger.listHolds(tenant, {}, page, call()), 200);
  entries = new Map(
    await Promise.all(
      accounts.map(
        async ({ accountId }) => [accountId, await walk(entriesOf(accountId, {}), 200)] as const,
      ),
    ),
  );
});
afterAll(async () => {
  await ledger.close();
  await database.drop();
});

/** A criterion is there once in three: all at once leave nothing. Times are of what there is, or next to it. */
const maybe = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: some });
const timesOf = (times: readonly Date[]) => {
  const time = fc
    .tuple(fc.nat(), fc.constantFrom(-1, 0, 0, 1))
    .map(([place, off]) => new Date(pick(times, place).getTime() + off));
  return fc.record({ from: maybe(time), to: maybe(time) });
};
const amounts = fc.record({
  from: maybe(fc.bigInt({ min: -20n, max: 30n })),
  to: maybe(fc.bigInt({ min: -10n, max: 40n })),
});
const metadata = maybe(
  fc.constantFrom({ channel: 'web' }, { order: '17' }, { channel: 'shop', order: '17' }, {}),
);
const reference = maybe(fc.constantFrom('rent', 'food', 'nothing'));
const someAccount = maybe(fc.nat().map((place) => pick(accounts, place).accountId));
const pageSize = fc.constantFrom(3, 17, 200);

const accountFilters = (): fc.Arbitrary<AccountFilter> =>
  fc.record({
    asset: maybe(fc.constantFrom('EUR', 'USD')),
    name: maybe(fc.constantFrom('cash', 'till')),
    status: maybe(fc.constantFrom('open' as const, 'frozen' as const, 'closed' as const)),
    opened: timesOf(accounts.map(({ openedAt }) => openedAt)),
    balance: amounts,
    metadata,
  });
const transferFilters = (): fc.Arbitrary<TransferFilter> =>
  fc.record({
    accountId: someAccount,
    recorded: timesOf(transfers.map(({ recordedAt }) => recordedAt)),
    effective: timesOf(transfers.map(({ effectiveAt }) => effectiveAt)),
    amount: amounts,
    reference,
    metadata,
  });
const entryFilters = (): fc.Arbitrary<EntryFilter> => {
  const all = [...entries.values()].flat();
  return fc.record({
    kind: maybe(fc.constantFrom('posted' as const, 'pending' as const, 'released' as const)),
    direction: maybe(fc.constantFrom('debit' as const, 'credit' as const)),
    recorded: timesOf(all.map(({ recordedAt }) => recordedAt)),
    effective: timesOf(all.map(({ effectiveAt }) => effectiveAt)),
    amount: amounts,
  });
};
const holdFilters = (): fc.Arbitrary<HoldFilter> =>
  fc.record({
    accountId: someAccount,
    status: maybe(
      fc.constantFrom(
        'pending' as const,
        'captured' as const,
        'voided' as const,
        'expired' as const,
      ),
    ),
    placed: timesOf(holds.map(({ placedAt }) => placedAt)),
    amount: amounts,
    reference,
    metadata,
  });

interface Options {
  readonly numRuns: number;
  readonly endOnFailure?: boolean;
}

/** What was wrong, or null. */
const problemOf = async <T>(property: fc.IAsyncProperty<T>, options: Options) => {
  const details = await fc.check(property, options);
  return details.failed
    ? { cause: details.errorInstance, counterexample: details.counterexample }
    : null;
};

/**
 * Whatever is asked for together: the pages put together are what the reference model's predicate leaves
 * of everything.
 */
const lists = {
  accounts: (options: Options) =>
    problemOf(
      fc.asyncProperty(accountFilters(), pageSize, async (filter, limit) => {
        const read: Read<Account> = (page) => ledger.listAccounts(tenant, filter, page, call());
        const found = await walk(read, limit);
        deepStrictEqual(
          found,
          accounts.filter((account) => matchesAccount(filter, account)),
        );
      }),
      options,
    ),
  transfers: (options: Options) =>
    problemOf(
      fc.asyncProperty(transferFilters(), pageSize, async (filter, limit) => {
        const read: Read<Transfer> = (page) => ledger.listTransfers(tenant, filter, page, call());
        const found = await walk(read, limit);
        deepStrictEqual(
          found,
          transfers.filter((transfer) => matchesTransfer(filter, transfer)),
        );
      }),
      options,
    ),
  entries: (options: Options) =>
    problemOf(
      fc.asyncProperty(entryFilters(), fc.nat(), pageSize, async (filter, place, limit) => {
        const { accountId } = pick(accounts, place);
        const all = entries.get(accountId) ?? [];
        const found = await walk(entriesOf(accountId, filter), limit);
        deepStrictEqual(
          found,
          all.filter((entry) => matchesEntry(filter, entry)),
        );
      }),
      options,
    ),
  holds: (options: Options) =>
    problemOf(
      fc.asyncProperty(holdFilters(), pageSize, async (filter, limit) => {
        const read: Read<Hold> = (page) => ledger.listHolds(tenant, filter, page, call());
        const found = await walk(read, limit);
        deepStrictEqual(
          found,
          holds.filter((hold) => matchesHold(filter, hold)),
        );
      }),
      options,
    ),
} as const;

describe('a filtered list', () => {
  it.each(['accounts', 'transfers', 'entries', 'holds'] as const)(
    'of %s is what is left of all, whatever is asked for together',
    async (name) => {
      expect(await lists[name]({ numRuns: 300 })).toBeNull();
    },
  );

  it('has something of everything to choose from', () => {
    expect(transfers.length).toBeGreaterThan(100);
    expect(transfers.some(({ postings }) => postings.length > 1)).toBe(true);
    expect(new Set(holds.map(({ status }) => status)).size).toBe(4);
    expect(new Set(accounts.map(({ status }) => status)).size).toBe(2);
    expect([...entries.values()].flat().some(({ kind }) => kind === 'released')).toBe(true);
  });

  it('keeps its place while things come before and after it', async () => {
    const filter = { reference: 'rent', metadata: { channel: 'web' } };
    const expected = transfers.filter((transfer) => matchesTransfer(filter, transfer));
    const found: Transfer[] = [];
    let after: string | null = null;
    do {
      const page: Page<Transfer> = await ledger.listTransfers(
        tenant,
        filter,
        { limit: 2, after },
        call(),
      );
      found.push(...page.items);
      after = page.next;
      const [one, other] = accounts.filter(
        ({ asset, status, accountId }) =>
          asset === 'EUR' &&
          status === 'open' &&
          partitionOfId(accountId) === homePartition(tenant),
      );
      const same = transferOf([one?.accountId ?? '', other?.accountId ?? '', 1n]);
      const outcome = await ledger.postTransfer(request(tenant), { ...same, ...filter }, call());
      acceptedValue(outcome);
    } while (found.length < expected.length);
    expect(found.slice(0, expected.length)).toEqual(expected);
    expect(new Set(found.map(({ transferId }) => transferId)).size).toBe(found.length);
  });

  it.each([
    ['transfers', 'read_transfers', 'f.recorded_at < recorded_to', 'f.recorded_at <= recorded_to'],
    ['transfers', 'read_transfers', 'e.amount <= amount_to', 'true'],
    ['transfers', 'read_transfers', 'q.amount <= amount_to', 'false'],
    ['transfers', 'read_transfers', '@> pairs', '= pairs'],
    ['entries', 'read_entries', 'n.version <= last_version', 'true'],
    ['holds', 'read_holds', "h.expires_at <= moment THEN 'x'", "false THEN 'x'"],
    ['accounts', 'read_accounts', '<= balance_to', '< balance_to'],
  ] as const)(
    'of %s is not what %s makes of it with another %s',
    async (name, fn, right, wrong) => {
      const admins: pg.Client[] = [];
      const texts: string[] = [];
      try {
        for (const { id } of database.api) {
          const admin = await database.admin(id);
          admins.push(admin);
          const { rows } = await admin.query<{ text: string }>(
            'SELECT pg_get_functiondef(p.oid) AS text FROM pg_proc p WHERE p.proname = $1',
            [fn],
          );
          const text = rows[0]?.text ?? '';
          expect(text).toContain(right);
          texts.push(text);
          await admin.query(text.replaceAll(right, wrong));
        }
        const problem = await lists[name]({ numRuns: 1_000, endOnFailure: true });
        // A list that differs, not SQL that does not run.
        expect(String(problem?.cause)).toContain('AssertionError');
      } finally {
        for (const [i, admin] of admins.entries()) {
          await admin.query(texts[i] ?? '');
          await admin.end();
        }
      }
    },
  );
});
