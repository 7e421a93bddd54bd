import { maxAmountMinor } from '@atlas/domain';
import { expect } from 'vitest';
import { acceptedValue, call, openAccount, request, transferOf } from '../support/ledger.ts';
import {
  balance,
  change,
  codeOf,
  type LedgerCheck,
  openAway,
  post,
  refusalOf,
  start,
  unknownId,
} from './ledger-check.ts';

const page = { limit: 9, after: null };

export const checksOfTransfers: readonly LedgerCheck[] = [
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
      const entries = await ledger.listEntries(tenant, alice, {}, page, call());
      expect(entries?.items.map((e) => [e.version, e.direction, e.balanceAfterMinor])).toEqual([
        [2n, 'credit', 40n],
        [3n, 'debit', 25n],
      ]);
      expect(await ledger.readTransfer(tenant, transfer.transferId, call())).toEqual(transfer);
    },
  },
  {
    name: 'a transfer of several postings is one, and says how it left each account',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const shop = await openAccount(ledger, tenant);
      const wanted = [[world, alice, 10n] as const, [alice, shop, 4n] as const];
      const effectiveAt = new Date('2001-02-03T04:05:06.789Z');
      const command = { ...transferOf(...wanted), reference: 'inv-1', metadata: { a: 'b' } };
      const posted = await ledger.postTransfer(
        request(tenant),
        { ...command, effectiveAt },
        call(),
      );
      const transfer = acceptedValue(posted);
      expect(transfer).toMatchObject({ reference: 'inv-1', metadata: { a: 'b' }, effectiveAt });
      expect(transfer.postings.map((p) => [p.amountMinor, p.asset])).toEqual([
        [10n, 'EUR'],
        [4n, 'EUR'],
      ]);
      expect(transfer.balances).toEqual([
        { accountId: world, version: 2n, balanceMinor: -10n, availableMinor: -10n },
        { accountId: alice, version: 3n, balanceMinor: 6n, availableMinor: 6n },
        { accountId: shop, version: 2n, balanceMinor: 4n, availableMinor: 4n },
      ]);
      expect(await ledger.readTransfer(tenant, transfer.transferId, call())).toEqual(transfer);
      const entries = await ledger.listEntries(tenant, alice, {}, page, call());
      expect(entries?.items.map((e) => [e.version, e.balanceAfterMinor, e.effectiveAt])).toEqual([
        [2n, 10n, effectiveAt],
        [3n, 6n, effectiveAt],
      ]);
    },
  },
  {
    name: 'limits bind after the last posting, and only who moves towards them',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const capped = await openAccount(ledger, tenant, { maxBalance: 10n });
      const there = await post(ledger, tenant, [alice, world, 1n], [world, alice, 1n]);
      expect(codeOf(there)).toBe('accepted');
      expect(codeOf(await post(ledger, tenant, [alice, world, 1n]))).toBe('insufficient-funds');
      const full = { code: 'balance-limit-exceeded', accountId: capped, maxBalanceMinor: 10n };
      acceptedValue(await post(ledger, tenant, [world, capped, 9n]));
      expect(refusalOf(await post(ledger, tenant, [world, capped, 2n]))).toEqual({
        ...full,
        balanceMinor: 9n,
      });
      expect(codeOf(await post(ledger, tenant, [world, capped, 1n]))).toBe('accepted');
      // Opened below its least balance: whatever raises it is welcome.
      const below = await openAccount(ledger, tenant, { minBalance: 100n });
      expect(codeOf(await post(ledger, tenant, [world, below, 1n]))).toBe('accepted');
      expect(codeOf(await post(ledger, tenant, [below, world, 1n]))).toBe('insufficient-funds');
    },
  },
  {
    name: 'a refused transfer leaves nothing behind',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const refused = await post(ledger, tenant, [world, alice, 5n], [alice, world, 6n]);
      const amounts = { availableMinor: 0n, minBalanceMinor: 0n };
      const refusal = { code: 'insufficient-funds', accountId: alice, ...amounts };
      expect(refusalOf(refused)).toEqual(refusal);
      expect(await balance(ledger, tenant, world)).toBe(0n);
      expect((await ledger.listEntries(tenant, world, {}, page, call()))?.items).toEqual([]);
      expect((await ledger.listTransfers(tenant, {}, page, call())).items).toEqual([]);
      expect((await ledger.readAccount(tenant, world, call()))?.version).toBe(1n);
    },
  },
  {
    name: 'two assets never meet in a posting, but may in a transfer',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      await ledger.createAsset(tenant, { code: 'USD', scale: 2 }, call());
      const dollars = await openAccount(ledger, tenant, { asset: 'USD' });
      const bank = await openAccount(ledger, tenant, { asset: 'USD' });
      expect(refusalOf(await post(ledger, tenant, [world, dollars, 1n]))).toEqual({
        code: 'asset-mismatch',
        debitAccountId: world,
        creditAccountId: dollars,
      });
      const both = await post(ledger, tenant, [world, alice, 9n], [bank, dollars, 10n]);
      expect(acceptedValue(both).postings.map((p) => p.asset)).toEqual(['EUR', 'USD']);
    },
  },
  {
    name: 'totals end where 64 bits end',
    run: async (ledger, tenant) => {
      const { world } = await start(ledger, tenant);
      const sink = await openAccount(ledger, tenant);
      expect(codeOf(await post(ledger, tenant, [world, sink, maxAmountMinor]))).toBe('accepted');
      const overflow = { code: 'amount-overflow', accountId: world };
      expect(refusalOf(await post(ledger, tenant, [world, sink, 1n]))).toEqual(overflow);
      expect(codeOf(await post(ledger, tenant, [sink, world, maxAmountMinor]))).toBe('accepted');
      // The balance is zero again; the totals, which never shrink, are not.
      expect(refusalOf(await post(ledger, tenant, [world, sink, 1n]))).toEqual(overflow);
    },
  },
  {
    name: 'nothing is posted within one account, nor across shards',
    run: async (ledger, tenant) => {
      const { world } = await start(ledger, tenant);
      const away = await openAway(ledger, tenant);
      expect(refusalOf(await post(ledger, tenant, [world, world, 1n]))).toEqual({
        code: 'same-account',
        accountId: world,
      });
      expect(refusalOf(await post(ledger, tenant, [world, away, 1n]))).toEqual({
        code: 'cross-shard-transfer',
        accountIds: [world, away],
      });
      expect(refusalOf(await post(ledger, tenant, [away, world, 1n]))).toEqual({
        code: 'cross-shard-transfer',
        accountIds: [away, world],
      });
      expect(await balance(ledger, tenant, away)).toBe(0n);
    },
  },
  {
    name: 'the first of several refusals is the same everywhere',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const away = await openAway(ledger, tenant);
      const [here, there] = [unknownId(tenant), unknownId(tenant, 128)];
      const closed = await openAccount(ledger, tenant);
      const frozen = await openAccount(ledger, tenant);
      acceptedValue(await change(ledger, tenant, closed, 'close'));
      acceptedValue(await change(ledger, tenant, frozen, 'freeze'));
      const order = [
        [
          [
            [here, away, 1n],
            [world, world, 1n],
          ],
          'same-account',
        ],
        [
          [
            [here, world, 1n],
            [closed, there, 1n],
          ],
          'cross-shard-transfer',
        ],
        [[[closed, here, 1n]], 'account-not-found'],
        [
          [
            [closed, frozen, 1n],
            [here, world, 1n],
          ],
          'account-closed',
        ],
        [[[frozen, closed, 1n]], 'account-frozen'],
        [
          [
            [alice, world, 5n],
            [world, frozen, 1n],
          ],
          'account-frozen',
        ],
        [
          [
            [alice, world, maxAmountMinor],
            [alice, world, 1n],
          ],
          'amount-overflow',
        ],
      ] as const;
      for (const [postings, code] of order) {
        expect(codeOf(await post(ledger, tenant, ...postings))).toBe(code);
      }
    },
  },
];
