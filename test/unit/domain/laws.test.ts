import {
  apply,
  balanceOf,
  type Entry,
  emptyLedger,
  hashedPartition,
  homePartition,
  initialPartitionMap,
  isId,
  type LedgerCommand,
  makeId,
  modelLedger,
  partitionOfId,
} from '@atlas/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Step, steps } from '../../contract/command-sequences.ts';
import { LedgerDriver } from '../../contract/ledger-driver.ts';
import { call } from '../../support/ledger.ts';

describe('an id', () => {
  it('is a UUIDv7 that carries its time and its partition', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 48 - 1 }),
        fc.integer({ min: 0, max: 255 }),
        fc.uint8Array({ minLength: 9, maxLength: 9 }),
        (unixMs, partition, random) => {
          const id = makeId(unixMs, partition, random);
          expect(isId(id)).toBe(true);
          expect(partitionOfId(id)).toBe(partition);
          expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(unixMs);
        },
      ),
    );
  });

  it.each([
    '',
    'x',
    '0192F0C1-2A3B-7C00-8D9E-0F1A2B3C4D5E',
    '0192f0c1-2a3b-4c00-8d9e-0f1a2b3c4d5e',
  ])('is not "%s"', (text) => expect(isId(text)).toBe(false));
});

describe('partitions', () => {
  it('are all owned, evenly, whatever the number of shards', () => {
    for (const shards of [1, 2, 3, 5]) {
      const { owners } = initialPartitionMap(shards);
      expect(owners).toHaveLength(256);
      const counts = Map.groupBy(owners, ({ shard }) => shard);
      expect(counts.size).toBe(shards);
      for (const own of counts.values()) expect(own.length).toBeGreaterThanOrEqual(51);
    }
  });

  it('hash a tenant and a key apart, and always the same', () => {
    expect(homePartition('acme')).toBe(homePartition('acme'));
    const spread = new Set(
      Array.from({ length: 1_000 }, (_, i) => hashedPartition('acme', `${i}`)),
    );
    expect(spread.size).toBeGreaterThan(240);
  });
});

/** A model whose ids count up and whose clock goes back and forth. */
const countingModel = () => {
  let seed = 0;
  const random = (bytes: number) =>
    Uint8Array.from({ length: bytes }, () => {
      seed += 1;
      return seed % 256;
    });
  const now = () => new Date(1_800_000_000_000 + ((seed * 7_919) % 1_000) * (seed % 2 ? 1 : -1));
  return modelLedger({ now, random });
};

/** What `sequence` makes of an empty model; the assets are there to begin with. */
const modelAfter = async (sequence: readonly Step[]) => {
  const ledger = countingModel();
  for (const code of ['EUR', 'USD']) await ledger.createAsset('t', { code, scale: 2 }, call());
  const driver = new LedgerDriver(ledger, 't');
  for (const [i, step] of sequence.entries()) await driver.perform(step, i);
  const { items: accounts } = await ledger.listAccounts('t', {}, page, call());
  return { ledger, accounts };
};

const page = { limit: 200, after: null };

interface Fold {
  readonly balance: bigint;
  /** What is pending, by side. */
  readonly debit: bigint;
  readonly credit: bigint;
}

const fold = (before: Fold, { kind, direction, amountMinor }: Entry): Fold => {
  if (kind === 'posted') {
    const change = direction === 'credit' ? amountMinor : -amountMinor;
    return { ...before, balance: before.balance + change };
  }
  const change = kind === 'pending' ? amountMinor : -amountMinor;
  return { ...before, [direction]: before[direction] + change };
};

const afterOf = (entry: Entry): Fold => ({
  balance: entry.balanceAfterMinor,
  debit: entry.pendingDebitsAfterMinor,
  credit: entry.pendingCreditsAfterMinor,
});

const holds = (law: (model: Awaited<ReturnType<typeof modelAfter>>) => Promise<void>) =>
  fc.assert(
    fc.asyncProperty(steps, async (sequence) => law(await modelAfter(sequence))),
    { numRuns: 200 },
  );

describe('the reference model', () => {
  it('conserves every asset', () =>
    holds(async ({ ledger, accounts }) => {
      const { totals } = await ledger.trialBalance('t', page, call());
      for (const total of totals) expect(total.debitsMinor).toBe(total.creditsMinor);
      for (const { asset } of totals) {
        const own = accounts.filter((account) => account.asset === asset);
        expect(own.reduce((sum, account) => sum + balanceOf(account), 0n)).toBe(0n);
      }
    }));

  it('keeps in each account the fold of its entries, however the clock goes', () =>
    holds(async ({ ledger, accounts }) => {
      for (const account of accounts) {
        const found = await ledger.listEntries('t', account.accountId, {}, page, call());
        let folded = { balance: 0n, debit: 0n, credit: 0n };
        let [version, recordedAt] = [1n, account.openedAt];
        for (const entry of found?.items ?? []) {
          folded = fold(folded, entry);
          expect(afterOf(entry)).toEqual(folded);
          expect(entry.version).toBeGreaterThan(version);
          expect(entry.recordedAt.getTime()).toBeGreaterThanOrEqual(recordedAt.getTime());
          ({ version, recordedAt } = entry);
        }
        const { pendingDebits: debit, pendingCredits: credit } = account;
        expect({ balance: balanceOf(account), debit, credit }).toEqual(folded);
      }
    }));

  it('reserves on each account what its pending holds have left, and nothing else', () =>
    holds(async ({ ledger, accounts }) => {
      const { items } = await ledger.listHolds('t', {}, page, call());
      // A hold whose time is over reserves until the job comes by.
      const open = items.filter(({ status }) => status === 'pending' || status === 'expired');
      const reserved = (side: 'debitAccountId' | 'creditAccountId', accountId: string) =>
        open
          .filter((hold) => hold[side] === accountId)
          .reduce((sum, { amountMinor, capturedMinor }) => sum + amountMinor - capturedMinor, 0n);
      for (const { accountId, pendingDebits, pendingCredits } of accounts) {
        expect(pendingDebits).toBe(reserved('debitAccountId', accountId));
        expect(pendingCredits).toBe(reserved('creditAccountId', accountId));
      }
    }));

  it('posts of each hold what was captured, and no more than it reserved', () =>
    holds(async ({ ledger }) => {
      const { items } = await ledger.listHolds('t', {}, page, call());
      const { items: transfers } = await ledger.listTransfers('t', {}, page, call());
      for (const { holdId, amountMinor, capturedMinor, status } of items) {
        const captures = transfers.filter((transfer) => transfer.holdId === holdId);
        const sum = captures.reduce(
          (all, { postings }) => all + (postings[0]?.amountMinor ?? 0n),
          0n,
        );
        expect(capturedMinor).toBe(sum);
        expect(capturedMinor).toBeLessThanOrEqual(amountMinor);
        expect(capturedMinor < amountMinor || status === 'captured').toBe(true);
      }
    }));

  it('tells every version of every account once, in order, and the same of it', () =>
    holds(async ({ ledger, accounts }) => {
      for (const account of accounts) {
        const told = ledger.events.filter((event) => event.key === account.accountId);
        const versions = told.map(({ data }) => ('version' in data ? BigInt(data.version) : 0n));
        expect(versions).toEqual(versions.map((_, i) => BigInt(i + 1)));
        expect(versions.at(-1)).toBe(account.version);
        const entered = told.flatMap(({ data }) => ('balanceAfter' in data ? [data] : []));
        expect(BigInt(entered.at(-1)?.balanceAfter ?? '0')).toBe(balanceOf(account));
      }
    }));

  it('overdraws nobody and fills nobody beyond the limits', () =>
    holds(async ({ accounts }) => {
      const outside = accounts.filter((account) => {
        const { minBalance, maxBalance } = account;
        const balance = balanceOf(account);
        // Who is opened beyond a limit may stay there, and accounts open empty.
        const below = minBalance !== null && minBalance <= 0n && balance < minBalance;
        return below || (maxBalance !== null && maxBalance >= 0n && balance > maxBalance);
      });
      expect(outside).toEqual([]);
    }));

  it('changes no state that somebody holds', () => {
    const partitionMap = initialPartitionMap(2);
    const surroundings = { tenant: 't', now: new Date(0), partitionMap, traceparent: null };
    const wishes = { name: null, minBalance: null, maxBalance: null, metadata: {} };
    const command = { ...wishes, asset: 'EUR', partitionKey: null };
    const ids = [1, 2].map((n) => makeId(n, 0, new Uint8Array(9)));
    const [debitAccountId = '', creditAccountId = ''] = ids;
    const [hold = '', other = ''] = [4, 5].map((n) => makeId(n, 0, new Uint8Array(9)));
    const sides = { debitAccountId, creditAccountId };
    const reserve = { ...sides, amountMinor: 3n, expiresAt: null, reference: null, metadata: {} };
    const commands: readonly LedgerCommand[] = [
      { type: 'createAsset', asset: { code: 'EUR', scale: 2 } },
      ...ids.map((accountId) => ({ type: 'openAccount', accountId, command }) as const),
      {
        type: 'postTransfer',
        transferId: makeId(3, 0, new Uint8Array(9)),
        command: {
          postings: [{ debitAccountId, creditAccountId, amountMinor: 5n }],
          reference: null,
          metadata: {},
          effectiveAt: null,
        },
      },
      ...[hold, other].map((holdId) => ({ type: 'placeHold', holdId, command: reserve }) as const),
      {
        type: 'captureHold',
        holdId: hold,
        transferId: makeId(6, 0, new Uint8Array(9)),
        command: { amountMinor: 2n, final: false },
      },
      { type: 'voidHold', holdId: other },
      { type: 'changeAccount', accountId: debitAccountId, change: 'freeze' },
    ];
    let state = emptyLedger;
    for (const command of commands) {
      const before = structuredClone(state);
      const applied = apply(state, command, surroundings);
      expect(state).toEqual(before);
      expect(applied).toHaveProperty('state');
      if ('state' in applied) state = applied.state;
    }
    expect(state.accounts.get(debitAccountId)?.status).toBe('frozen');
    expect(state.holds.get(hold)).toMatchObject({ status: 'pending', capturedMinor: 2n });
    expect(state.holds.get(other)).toMatchObject({ status: 'voided' });
  });
});
