import type { Page, PageRequest } from '@atlas/domain';
import { expect } from 'vitest';
import { acceptedValue, call, openAccount, request } from '../support/ledger.ts';
import { change, type LedgerCheck, openAway, post, start } from './ledger-check.ts';

const all = { limit: 200, after: null };

/** Everything, two at a time. */
const walk = async <T>(read: (page: PageRequest) => Promise<Page<T>>): Promise<readonly T[]> => {
  const items: T[] = [];
  let after: string | null = null;
  for (let pages = 0; pages < 100; pages += 1) {
    const page: Page<T> = await read({ limit: 2, after });
    expect(page.items.length).toBeLessThanOrEqual(2);
    items.push(...page.items);
    if (page.next === null) return items;
    after = page.next;
  }
  throw new Error('the pages have no end');
};

const isAscending = (ids: readonly string[]) =>
  ids.every((id, i) => i === 0 || (ids[i - 1] ?? '') < id);

export const checksOfReading: readonly LedgerCheck[] = [
  {
    name: 'pages of any size put together are the whole, over all shards, in order',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      await ledger.createAsset(tenant, { code: 'USD', scale: 2 }, call());
      await ledger.createAsset(tenant, { code: 'JPY', scale: 0 }, call());
      await openAway(ledger, tenant);
      for (let i = 0; i < 4; i += 1) {
        acceptedValue(await post(ledger, tenant, [world, alice, 5n], [alice, world, 1n]));
      }
      const accounts = await walk((page) => ledger.listAccounts(tenant, {}, page, call()));
      expect(accounts).toEqual((await ledger.listAccounts(tenant, {}, all, call())).items);
      expect(accounts.map((a) => a.accountId)).toEqual(expect.arrayContaining([world, alice]));
      expect(isAscending(accounts.map((account) => account.accountId))).toBe(true);
      const transfers = await walk((page) => ledger.listTransfers(tenant, {}, page, call()));
      expect(transfers).toEqual((await ledger.listTransfers(tenant, {}, all, call())).items);
      expect(transfers).toHaveLength(4);
      expect(isAscending(transfers.map((transfer) => transfer.transferId))).toBe(true);
      const entries = await walk(async (page) => {
        const found = await ledger.listEntries(tenant, world, {}, page, call());
        if (found === undefined) throw new Error('the account is gone');
        return found;
      });
      expect(entries.map((entry) => entry.version)).toEqual([2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n]);
      const lines = await walk(
        async (page) => (await ledger.trialBalance(tenant, page, call())).lines,
      );
      expect(lines).toEqual((await ledger.trialBalance(tenant, all, call())).lines.items);
      expect(lines).toHaveLength(accounts.length);
      const assets = await walk((page) => ledger.listAssets(tenant, page, call()));
      expect(assets.map((asset) => asset.code)).toEqual(['EUR', 'JPY', 'USD']);
    },
  },
  {
    name: 'accounts are found by asset and by name',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      await ledger.createAsset(tenant, { code: 'USD', scale: 2 }, call());
      const dollars = await openAccount(ledger, tenant, { asset: 'USD' });
      const wishes = { asset: 'USD', name: 'till', minBalance: null, maxBalance: null };
      const till = acceptedValue(
        await ledger.openAccount(
          request(tenant),
          { ...wishes, metadata: {}, partitionKey: null },
          call(),
        ),
      ).accountId;
      const found = async (filter: { asset?: string; name?: string }) => {
        const { items } = await ledger.listAccounts(tenant, filter, all, call());
        return items.map((account) => account.accountId).sort();
      };
      expect(await found({ asset: 'EUR' })).toEqual([world, alice].sort());
      expect(await found({ asset: 'USD' })).toEqual([dollars, till].sort());
      expect(await found({ name: 'till' })).toEqual([till]);
      expect(await found({ name: 'till', asset: 'EUR' })).toEqual([]);
    },
  },
  {
    name: 'the trial balance has a line an account and sums to zero for each asset',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      acceptedValue(await post(ledger, tenant, [world, alice, 7n], [alice, world, 2n]));
      const { totals, lines } = await ledger.trialBalance(tenant, all, call());
      expect(totals).toEqual([{ asset: 'EUR', debitsMinor: 9n, creditsMinor: 9n }]);
      const sums = new Map(lines.items.map((l) => [l.accountId, [l.debitsMinor, l.creditsMinor]]));
      expect(sums.get(world)).toEqual([7n, 2n]);
      expect(sums.get(alice)).toEqual([2n, 7n]);
    },
  },
  {
    name: 'a balance carries its version, and when its account was last changed in any way',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const opened = await ledger.readAccount(tenant, alice, call());
      expect(await ledger.readBalance(tenant, alice, call())).toMatchObject({
        version: 1n,
        asset: 'EUR',
        recordedAt: opened?.openedAt,
      });
      const transfer = acceptedValue(await post(ledger, tenant, [world, alice, 7n]));
      expect(await ledger.readBalance(tenant, alice, call())).toMatchObject({
        version: 2n,
        postedCredits: 7n,
        postedDebits: 0n,
        balanceMinor: 7n,
        availableMinor: 7n,
        recordedAt: transfer.recordedAt,
      });
      acceptedValue(await change(ledger, tenant, alice, 'freeze'));
      const frozen = await ledger.readBalance(tenant, alice, call());
      expect(frozen?.version).toBe(3n);
      expect(frozen?.recordedAt.getTime()).toBeGreaterThanOrEqual(transfer.recordedAt.getTime());
    },
  },
];
