import { randomUUID } from 'node:crypto';
import type { Intake, Ledger, PostTransfer, Transfer } from '@atlas/domain';
import {
  type PostgresIntakes,
  type PostgresLedger,
  postgresIntakes,
  postgresLedger,
} from '@atlas/postgres';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { acceptedValue, call, request } from '../support/ledger.ts';
import { mutateDatabase } from '../support/mutate-database.ts';
import { honestModel } from './compare-ledgers.ts';

let database: TestDatabase;
let ledger: PostgresLedger;
let intakes: PostgresIntakes;
beforeEach(async () => {
  database = await testDatabase();
  ledger = postgresLedger({ shards: database.api, namedStatements: true });
  intakes = postgresIntakes({ shards: database.api, namedStatements: true });
});
afterEach(async () => {
  await Promise.all([ledger.close(), intakes.close()]);
  await database.drop();
});

/** Accounts by number: with and without limits, one frozen, one of another asset, and one that nobody has. */
const limits = [
  { minBalance: null, maxBalance: null },
  { minBalance: 0n, maxBalance: null },
  { minBalance: -20n, maxBalance: 60n },
  { minBalance: 0n, maxBalance: 40n },
];
const [frozen, foreign, nobody] = [4, 5, 6];
const account = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(frozen, foreign, nobody) },
);
const posting = fc
  .tuple(account, account, fc.bigInt({ min: 1n, max: 30n }))
  .filter(([debit, credit]) => debit !== credit);
const group = fc.array(
  fc.record({
    postings: fc.array(posting, { minLength: 1, maxLength: 4 }),
    reference: fc.constantFrom(null, 'rent', 'food'),
    metadata: fc.constantFrom({}, { order: '17' }),
    effectiveAt: fc.constantFrom(null, null, new Date('2001-02-03T04:05:06.000Z')),
  }),
  { minLength: 2, maxLength: 25 },
);
type Wish = (typeof group extends fc.Arbitrary<infer T> ? T : never)[number];

/** The same accounts in any ledger. */
const openAccounts = async (to: Ledger, tenant: string): Promise<readonly string[]> => {
  for (const code of ['EUR', 'USD']) await to.createAsset(tenant, { code, scale: 2 }, call());
  const open = async (asset: string, wishes: (typeof limits)[number]) => {
    const facts = { asset, name: null, metadata: {}, partitionKey: null, ...wishes };
    return acceptedValue(await to.openAccount(request(tenant), facts, call())).accountId;
  };
  const unlimited = { minBalance: null, maxBalance: null };
  const ids: string[] = [];
  for (const one of [...limits, unlimited]) ids.push(await open('EUR', one));
  ids.push(await open('USD', unlimited));
  await to.changeAccount(request(tenant), ids[frozen] ?? '', 'freeze', call());
  return [...ids, `${ids[0]?.slice(0, -12)}000000000000`];
};

const commandOf = (ids: readonly string[], { postings, ...rest }: Wish): PostTransfer => ({
  ...rest,
  postings: postings.map(([debit, credit, amountMinor]) => ({
    debitAccountId: ids[debit] ?? '',
    creditAccountId: ids[credit] ?? '',
    amountMinor,
  })),
});

/** A transfer or a refusal in terms that two ledgers share: accounts by number, and no ids or clocks. */
const told = (ids: readonly string[], one: Transfer | Intake['refusal'] | undefined): unknown => {
  const { transferId: _id, recordedAt, effectiveAt, ...rest } = (one ?? {}) as Partial<Transfer>;
  const isOwn = effectiveAt !== undefined && effectiveAt.getTime() !== recordedAt?.getTime();
  const facts = { ...rest, effectiveAt: isOwn ? effectiveAt : null };
  const text = JSON.stringify(facts, (_, value) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
  return JSON.parse(ids.reduce((all, id, i) => all.replaceAll(id, `account ${i}`), text));
};

const sameAsOneByOne = () =>
  fc.asyncProperty(group, async (wishes) => {
    const tenant = `t-${randomUUID()}`;
    const model = honestModel();
    const [ids, modelIds] = [await openAccounts(ledger, tenant), await openAccounts(model, tenant)];
    const kept: { readonly intakeId: string; readonly wish: Wish }[] = [];
    for (const wish of wishes) {
      const command = commandOf(ids, wish);
      const { intakeId } = acceptedValue(await intakes.accept(request(tenant), command, call()));
      kept.push({ intakeId, wish });
    }
    const results = await intakes.post(
      kept.map(({ intakeId }) => ({ tenant, intakeId })),
      call(),
    );
    for (const { error } of results) if (error !== undefined) throw error;

    const inOrder = kept.toSorted((a, b) => (a.intakeId < b.intakeId ? -1 : 1));
    for (const { intakeId, wish } of inOrder) {
      const intake = await intakes.read(tenant, intakeId, call());
      const actual =
        intake?.refusal ?? (await ledger.readTransfer(tenant, intake?.transferId ?? '', call()));
      const command = commandOf(modelIds, wish);
      const outcome = await model.postTransfer(request(tenant), command, call());
      const expected = outcome.kind === 'refused' ? outcome.refusal : outcome.value;
      expect(told(ids, actual)).toEqual(told(modelIds, expected as Transfer));
    }
  });

describe('intakes that are posted together', () => {
  it('come out as they would one after the other, in the order of their ids', async () => {
    expect.hasAssertions();
    await fc.assert(sameAsOneByOne(), { numRuns: 150 });
  });

  it.each([
    ['mixes up references', 'n.reference ORDER BY n.place', 'n.reference ORDER BY n.place DESC'],
    ['mixes up metadata', 'n.metadata ORDER BY n.place', 'n.metadata ORDER BY n.place DESC'],
    ['mixes up times', 'n.effective_at ORDER BY n.place', 'n.effective_at ORDER BY n.place DESC'],
    ['mixes up amounts', 'p.amount ORDER BY p.item', 'p.amount ORDER BY p.item DESC'],
    ['begins an item too late', 'n.upto - n.own + 1', 'n.upto'],
    [
      'settles in another order',
      'ids, transfers, applied.refusals',
      'ids, transfers, (SELECT array_agg(x.r ORDER BY x.n DESC) FROM unnest(applied.refusals) WITH ORDINALITY AS x(r, n))',
    ],
  ])('would not if the poster %s', async (_name, right, wrong) => {
    await mutateDatabase(database, 'post_intakes', right, wrong);
    const details = await fc.check(sameAsOneByOne(), { numRuns: 100, seed: 1, endOnFailure: true });
    expect(details.failed).toBe(true);
    expect((details.errorInstance as Error).name).toBe('AssertionError');
  });
});
