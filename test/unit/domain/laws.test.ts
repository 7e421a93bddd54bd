import {
  apply,
  balanceOf,
  hashedPartition,
  homePartition,
  initialPartitionMap,
  isId,
  makeId,
  modelLedger,
  partitionOfId,
} from '@atlas/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { steps } from '../../contract/command-sequences.ts';
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

describe('the reference model', () => {
  it('conserves every asset, and each balance is the fold of its entries', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        let seed = 0;
        const random = (bytes: number) =>
          Uint8Array.from({ length: bytes }, () => {
            seed += 1;
            return seed % 256;
          });
        const ledger = modelLedger({ now: () => new Date(0), random, apply });
        for (const code of ['EUR', 'USD'])
          await ledger.createAsset('t', { code, scale: 2 }, call());
        const driver = new LedgerDriver(ledger, 't');
        for (const [i, step] of sequence.entries()) await driver.perform(step, i);

        const page = { limit: 200, after: null };
        const { totals } = await ledger.trialBalance('t', page, call());
        for (const total of totals) expect(total.debitsMinor).toBe(total.creditsMinor);
        const accounts = await ledger.listAccounts('t', {}, page, call());
        for (const account of accounts.items) {
          const entries = await ledger.listEntries('t', account.accountId, page, call());
          const fold = (entries?.items ?? []).reduce(
            (sum, entry) =>
              entry.direction === 'credit' ? sum + entry.amountMinor : sum - entry.amountMinor,
            0n,
          );
          expect(balanceOf(account)).toBe(fold);
        }
      }),
      { numRuns: 300 },
    );
  });
});
