import type { OpenAccount } from '@atlas/domain';
import { expect } from 'vitest';
import { acceptedValue, call, openAccount, request } from '../support/ledger.ts';
import {
  change,
  codeOf,
  type LedgerCheck,
  post,
  refusalOf,
  start,
  unknownId,
} from './ledger-check.ts';

const cash: OpenAccount = {
  asset: 'EUR',
  name: 'cash',
  minBalance: 0n,
  maxBalance: 500n,
  metadata: { branch: 'north' },
  partitionKey: null,
};

export const checksOfAccounts: readonly LedgerCheck[] = [
  {
    name: 'an asset is created once, and never with another scale',
    run: async (ledger, tenant) => {
      const first = await ledger.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
      const again = await ledger.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
      const other = await ledger.createAsset(tenant, { code: 'EUR', scale: 3 }, call());
      expect([first.replayed, again.replayed]).toEqual([false, true]);
      expect(acceptedValue(again)).toEqual({ code: 'EUR', scale: 2 });
      expect(refusalOf(other)).toEqual({ code: 'asset-conflict', asset: 'EUR', existingScale: 2 });
    },
  },
  {
    name: 'an account needs its asset',
    run: async (ledger, tenant) => {
      const outcome = await ledger.openAccount(request(tenant), cash, call());
      expect(refusalOf(outcome)).toEqual({ code: 'asset-not-found', asset: 'EUR' });
      const page = { limit: 9, after: null };
      expect((await ledger.listAccounts(tenant, {}, page, call())).items).toEqual([]);
    },
  },
  {
    name: 'an account opens at version 1, as it was asked for, with nothing on it',
    run: async (ledger, tenant) => {
      await ledger.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
      const account = acceptedValue(await ledger.openAccount(request(tenant), cash, call()));
      const { partitionKey: _, ...wishes } = cash;
      expect(account).toEqual({
        ...wishes,
        accountId: account.accountId,
        openedAt: account.openedAt,
        status: 'open',
        version: 1n,
        postedDebits: 0n,
        postedCredits: 0n,
        pendingDebits: 0n,
        pendingCredits: 0n,
        metadataVersion: 1,
      });
      expect(await ledger.readAccount(tenant, account.accountId, call())).toEqual(account);
    },
  },
  {
    name: 'a frozen account takes nothing until it is unfrozen',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      acceptedValue(await change(ledger, tenant, alice, 'freeze'));
      const frozen = { code: 'account-frozen', accountId: alice };
      expect(refusalOf(await post(ledger, tenant, [world, alice, 5n]))).toEqual(frozen);
      expect(refusalOf(await post(ledger, tenant, [alice, world, 5n]))).toEqual(frozen);
      acceptedValue(await change(ledger, tenant, alice, 'unfreeze'));
      expect(codeOf(await post(ledger, tenant, [world, alice, 5n]))).toBe('accepted');
    },
  },
  {
    name: 'freezing what is frozen, or unfreezing what is open, changes nothing',
    run: async (ledger, tenant) => {
      const { alice } = await start(ledger, tenant);
      const versions: (bigint | string)[] = [];
      for (const what of ['unfreeze', 'freeze', 'freeze', 'unfreeze', 'unfreeze'] as const) {
        const account = acceptedValue(await change(ledger, tenant, alice, what));
        versions.push(account.version);
      }
      expect(versions).toEqual([1n, 2n, 2n, 3n, 3n]);
    },
  },
  {
    name: 'metadata is changed pair by pair, in any status, and counts its versions',
    run: async (ledger, tenant) => {
      const { alice } = await start(ledger, tenant);
      const patch = (changes: Readonly<Record<string, string | null>>, accountId = alice) =>
        ledger.patchMetadata(
          request(tenant),
          accountId,
          { changes, expectedVersions: null },
          call(),
        );
      const first = acceptedValue(await patch({ place: 'Ulm', note: 'ä' }));
      expect(first).toMatchObject({
        metadata: { place: 'Ulm', note: 'ä' },
        metadataVersion: 2,
        version: 2n,
      });
      const second = acceptedValue(await patch({ place: null, note: 'b', more: '' }));
      expect(second).toMatchObject({ metadata: { note: 'b', more: '' }, metadataVersion: 3 });
      expect(second.metadata).not.toHaveProperty('place');
      expect(await ledger.readAccount(tenant, alice, call())).toEqual(second);
      // What changes nothing counts as nothing.
      expect(acceptedValue(await patch({ note: 'b', place: null }))).toEqual(second);
      acceptedValue(await change(ledger, tenant, alice, 'close'));
      expect(acceptedValue(await patch({ note: 'closed' }))).toMatchObject({
        status: 'closed',
        metadataVersion: 4,
        version: 5n,
      });
      const nobody = unknownId(tenant);
      expect(refusalOf(await patch({}, nobody))).toEqual({
        code: 'account-not-found',
        accountId: nobody,
      });
    },
  },
  {
    name: 'metadata of another version than expected stays, and says which it is',
    run: async (ledger, tenant) => {
      const { alice } = await start(ledger, tenant);
      const patch = (note: string, expectedVersions: readonly number[]) =>
        ledger.patchMetadata(
          request(tenant),
          alice,
          { changes: { note }, expectedVersions },
          call(),
        );
      expect(codeOf(await patch('a', [7, 1]))).toBe('accepted');
      const refusal = { code: 'metadata-version-mismatch', accountId: alice, metadataVersion: 2 };
      expect(refusalOf(await patch('b', [1]))).toEqual(refusal);
      expect(refusalOf(await patch('b', []))).toEqual(refusal);
      expect((await ledger.readAccount(tenant, alice, call()))?.metadata).toEqual({ note: 'a' });
    },
  },
  {
    name: 'metadata has at most 50 pairs, whatever is removed with what is added',
    run: async (ledger, tenant) => {
      const { alice } = await start(ledger, tenant);
      const patch = (changes: Readonly<Record<string, string | null>>) =>
        ledger.patchMetadata(request(tenant), alice, { changes, expectedVersions: null }, call());
      const fifty = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, 'v']));
      expect(codeOf(await patch(fifty))).toBe('accepted');
      expect(refusalOf(await patch({ one: 'more' }))).toEqual({
        code: 'too-much-metadata',
        accountId: alice,
        pairs: 51,
      });
      expect(codeOf(await patch({ one: 'more', k0: null }))).toBe('accepted');
    },
  },
  {
    name: 'only an empty account closes, frozen or not, and then it takes nothing for ever',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      acceptedValue(await post(ledger, tenant, [world, alice, 5n]));
      const full = refusalOf(await change(ledger, tenant, alice, 'close'));
      expect(full).toEqual({ code: 'account-not-empty', accountId: alice });
      acceptedValue(await post(ledger, tenant, [alice, world, 5n]));
      acceptedValue(await change(ledger, tenant, alice, 'freeze'));
      const shut = acceptedValue(await change(ledger, tenant, alice, 'close'));
      expect([shut.status, shut.version]).toEqual(['closed', 5n]);
      const closed = { code: 'account-closed', accountId: alice };
      expect(refusalOf(await post(ledger, tenant, [world, alice, 5n]))).toEqual(closed);
      for (const what of ['freeze', 'unfreeze', 'close'] as const) {
        expect(refusalOf(await change(ledger, tenant, alice, what))).toEqual(closed);
      }
    },
  },
  {
    name: 'an account that does not exist cannot be changed or read, on either shard',
    run: async (ledger, tenant) => {
      const page = { limit: 9, after: null };
      for (const accountId of [unknownId(tenant), unknownId(tenant, 128)]) {
        const outcome = await change(ledger, tenant, accountId, 'freeze');
        expect(refusalOf(outcome)).toEqual({ code: 'account-not-found', accountId });
        expect(await ledger.readAccount(tenant, accountId, call())).toBeUndefined();
        expect(await ledger.readBalance(tenant, accountId, call())).toBeUndefined();
        expect(await ledger.readTransfer(tenant, accountId, call())).toBeUndefined();
        expect(await ledger.listEntries(tenant, accountId, {}, page, call())).toBeUndefined();
      }
    },
  },
  {
    name: 'a tenant sees nothing of another, and does nothing to it',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const transfer = acceptedValue(await post(ledger, tenant, [world, alice, 5n]));
      const stranger = `${tenant}-stranger`;
      const page = { limit: 9, after: null };
      expect(await ledger.readAccount(stranger, alice, call())).toBeUndefined();
      expect(await ledger.readBalance(stranger, alice, call())).toBeUndefined();
      expect(await ledger.readTransfer(stranger, transfer.transferId, call())).toBeUndefined();
      expect(await ledger.listEntries(stranger, alice, {}, page, call())).toBeUndefined();
      expect((await ledger.listAccounts(stranger, {}, page, call())).items).toEqual([]);
      expect((await ledger.listTransfers(stranger, {}, page, call())).items).toEqual([]);
      expect((await ledger.listAssets(stranger, page, call())).items).toEqual([]);
      expect((await ledger.trialBalance(stranger, page, call())).totals).toEqual([]);
      expect(codeOf(await change(ledger, stranger, alice, 'freeze'))).toBe('account-not-found');
      expect(codeOf(await post(ledger, stranger, [alice, world, 1n]))).toBe('account-not-found');
      const own = await openAccount(ledger, tenant);
      expect(codeOf(await post(ledger, tenant, [alice, own, 5n]))).toBe('accepted');
    },
  },
];
