import { type Ledger, maxAmountMinor, type Outcome } from '@atlas/domain';
import { expect } from 'vitest';
import { acceptedValue, call, openAccount, request, transferOf } from '../support/ledger.ts';

export interface LedgerCheck {
  readonly name: string;
  readonly run: (ledger: Ledger, tenant: string) => Promise<void>;
}

const codeOf = (outcome: Outcome<unknown>): string =>
  outcome.kind === 'refused' ? outcome.refusal.code : 'accepted';

const post = async (
  ledger: Ledger,
  tenant: string,
  ...postings: readonly (readonly [string, string, bigint])[]
) => ledger.postTransfer(request(tenant), transferOf(...postings), call());

const balance = async (ledger: Ledger, tenant: string, account: string) =>
  (await ledger.readBalance(tenant, account, call()))?.balanceMinor;

const start = async (ledger: Ledger, tenant: string) => {
  await ledger.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
  const world = await openAccount(ledger, tenant);
  const alice = await openAccount(ledger, tenant, { minBalance: 0n });
  return { world, alice };
};

/** What every implementation of the port must do, each in a tenant of its own. */
export const ledgerChecks: readonly LedgerCheck[] = [
  {
    name: 'an asset is created once, and never with another scale',
    run: async (ledger, tenant) => {
      const first = await ledger.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
      const again = await ledger.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
      const other = await ledger.createAsset(tenant, { code: 'EUR', scale: 3 }, call());
      expect([first.replayed, again.replayed]).toEqual([false, true]);
      expect(other).toMatchObject({ refusal: { code: 'asset-conflict', existingScale: 2 } });
    },
  },
  {
    name: 'an account needs its asset, and opens at version 1 with nothing on it',
    run: async (ledger, tenant) => {
      const wishes = {
        asset: 'EUR',
        name: 'cash',
        minBalance: 0n,
        maxBalance: null,
        metadata: { a: 'b' },
        partitionKey: null,
      };
      expect(codeOf(await ledger.openAccount(request(tenant), wishes, call()))).toBe(
        'asset-not-found',
      );
      await ledger.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
      const account = acceptedValue(await ledger.openAccount(request(tenant), wishes, call()));
      expect(account).toMatchObject({
        name: 'cash',
        status: 'open',
        version: 1n,
        postedDebits: 0n,
        postedCredits: 0n,
        metadata: { a: 'b' },
      });
      expect(await ledger.readAccount(tenant, account.accountId, call())).toEqual(account);
    },
  },
  {
    name: 'a transfer moves its amount, conserves the sum, and numbers its entries densely',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const transfer = acceptedValue(await post(ledger, tenant, [world, alice, 40n]));
      acceptedValue(await post(ledger, tenant, [alice, world, 15n]));
      expect(transfer.balances).toEqual([
        { accountId: world, version: 2n, balanceMinor: -40n, availableMinor: -40n },
        { accountId: alice, version: 2n, balanceMinor: 40n, availableMinor: 40n },
      ]);
      expect(await balance(ledger, tenant, world)).toBe(-25n);
      expect(await balance(ledger, tenant, alice)).toBe(25n);
      const entries = await ledger.listEntries(tenant, alice, { limit: 9, after: null }, call());
      expect(entries?.items.map((e) => [e.version, e.direction, e.balanceAfterMinor])).toEqual([
        [2n, 'credit', 40n],
        [3n, 'debit', 25n],
      ]);
      expect(await ledger.readTransfer(tenant, transfer.transferId, call())).toEqual(transfer);
    },
  },
  {
    name: 'limits bind after the last posting, and only who moves towards them',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const capped = await openAccount(ledger, tenant, { maxBalance: 10n });
      expect(codeOf(await post(ledger, tenant, [alice, world, 1n], [world, alice, 1n]))).toBe(
        'accepted',
      );
      expect(codeOf(await post(ledger, tenant, [alice, world, 1n]))).toBe('insufficient-funds');
      expect(codeOf(await post(ledger, tenant, [world, capped, 11n]))).toBe(
        'balance-limit-exceeded',
      );
      expect(codeOf(await post(ledger, tenant, [world, capped, 10n]))).toBe('accepted');
      expect(await balance(ledger, tenant, alice)).toBe(0n);
    },
  },
  {
    name: 'a refused transfer leaves nothing behind',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const page = { limit: 9, after: null };
      const refused = await post(ledger, tenant, [world, alice, 5n], [alice, world, 6n]);
      expect(refused).toMatchObject({
        refusal: { code: 'insufficient-funds', availableMinor: 0n, minBalanceMinor: 0n },
      });
      expect(await balance(ledger, tenant, world)).toBe(0n);
      expect((await ledger.listEntries(tenant, world, page, call()))?.items).toEqual([]);
      expect((await ledger.listTransfers(tenant, page, call())).items).toEqual([]);
    },
  },
  {
    name: 'a closed account takes nothing, a frozen one nothing until it is unfrozen',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const change = async (what: 'freeze' | 'unfreeze' | 'close') =>
        codeOf(await ledger.changeAccount(request(tenant), alice, what, call()));
      acceptedValue(await post(ledger, tenant, [world, alice, 5n]));
      expect(await change('freeze')).toBe('accepted');
      expect(codeOf(await post(ledger, tenant, [world, alice, 5n]))).toBe('account-frozen');
      expect(await change('close')).toBe('account-not-empty');
      expect(await change('unfreeze')).toBe('accepted');
      acceptedValue(await post(ledger, tenant, [alice, world, 5n]));
      expect(await change('close')).toBe('accepted');
      expect(codeOf(await post(ledger, tenant, [world, alice, 5n]))).toBe('account-closed');
      expect(await change('unfreeze')).toBe('account-closed');
      expect((await ledger.readAccount(tenant, alice, call()))?.version).toBe(6n);
    },
  },
  {
    name: 'two assets never meet in a posting',
    run: async (ledger, tenant) => {
      const { world } = await start(ledger, tenant);
      await ledger.createAsset(tenant, { code: 'USD', scale: 2 }, call());
      const dollars = await openAccount(ledger, tenant, { asset: 'USD' });
      expect(codeOf(await post(ledger, tenant, [world, dollars, 1n]))).toBe('asset-mismatch');
    },
  },
  {
    name: 'totals end where 64 bits end',
    run: async (ledger, tenant) => {
      const { world } = await start(ledger, tenant);
      const sink = await openAccount(ledger, tenant);
      expect(codeOf(await post(ledger, tenant, [world, sink, maxAmountMinor]))).toBe('accepted');
      expect(await post(ledger, tenant, [world, sink, 1n])).toMatchObject({
        refusal: { code: 'amount-overflow', accountId: world },
      });
      expect(codeOf(await post(ledger, tenant, [sink, world, maxAmountMinor]))).toBe('accepted');
    },
  },
  {
    name: 'a key has one effect and one answer, refusals included',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const who = request(tenant, 'key-1', 'body');
      const command = transferOf([world, alice, 7n]);
      const first = await ledger.postTransfer(who, command, call());
      acceptedValue(await post(ledger, tenant, [world, alice, 1n]));
      const again = await ledger.postTransfer(who, command, call());
      expect(again).toEqual({ ...first, replayed: true });
      expect(await balance(ledger, tenant, alice)).toBe(8n);
      const other = request(tenant, 'key-1', 'another body');
      expect(codeOf(await ledger.postTransfer(other, command, call()))).toBe(
        'idempotency-key-reused',
      );
      const poor = request(tenant, 'key-2', 'body');
      const tooMuch = transferOf([alice, world, 9n]);
      const refused = await ledger.postTransfer(poor, tooMuch, call());
      acceptedValue(await post(ledger, tenant, [world, alice, 100n]));
      expect(await ledger.postTransfer(poor, tooMuch, call())).toEqual({
        ...refused,
        replayed: true,
      });
    },
  },
  {
    name: 'the trial balance sums to zero for each asset',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      acceptedValue(await post(ledger, tenant, [world, alice, 7n]));
      const { totals, lines } = await ledger.trialBalance(
        tenant,
        { limit: 1, after: null },
        call(),
      );
      expect(totals).toEqual([{ asset: 'EUR', debitsMinor: 7n, creditsMinor: 7n }]);
      expect(lines.items).toHaveLength(1);
      expect(lines.next).not.toBeNull();
    },
  },
  {
    name: 'a tenant sees nothing of another',
    run: async (ledger, tenant) => {
      const { alice } = await start(ledger, tenant);
      const stranger = `${tenant}-stranger`;
      expect(await ledger.readAccount(stranger, alice, call())).toBeUndefined();
      expect(await ledger.readBalance(stranger, alice, call())).toBeUndefined();
      const change = await ledger.changeAccount(request(stranger), alice, 'close', call());
      expect(codeOf(change)).toBe('account-not-found');
    },
  },
];
