import type { BatchItem, BatchResult, HoldReference, Outcome } from '@atlas/domain';
import { expect } from 'vitest';
import { acceptedValue, call, openAccount, request, transferOf } from '../support/ledger.ts';
import {
  balance,
  change,
  codeOf,
  type LedgerCheck,
  openAway,
  openBeside,
  place,
  post,
  refusalOf,
  start,
  unknownId,
  voidIt,
  type Wanted,
} from './ledger-check.ts';

const all = { limit: 200, after: null };
const nothing = { reference: null, metadata: {}, effectiveAt: null };

const transfer = (...postings: readonly Wanted[]): BatchItem => ({
  type: 'transfer',
  command: transferOf(...postings),
});
const hold = ([debitAccountId, creditAccountId, amountMinor]: Wanted): BatchItem => ({
  type: 'hold',
  command: {
    debitAccountId,
    creditAccountId,
    amountMinor,
    expiresAt: null,
    reference: null,
    metadata: {},
  },
});
const captureOf = (
  of: HoldReference,
  amountMinor: bigint | null = null,
  final = true,
): BatchItem => ({ type: 'capture', hold: of, command: { amountMinor, final } });
const reversal = (transferId: string): BatchItem => ({
  type: 'reversal',
  transferId,
  command: nothing,
});

/** All but the ids that it gave, and its times. */
const figuresOf = (outcome: Outcome<readonly BatchResult[]>): unknown =>
  JSON.parse(
    JSON.stringify(outcome, (key, value) => {
      if (['transferId', 'holdId'].includes(key) || key.endsWith('At')) return 'given';
      return typeof value === 'bigint' ? value.toString() : value;
    }),
  );

const resultCodes = (outcome: Outcome<readonly BatchResult[]>): readonly string[] =>
  acceptedValue(outcome).map((result) =>
    result.type === 'refused' ? result.refusal.code : result.type,
  );

export const checksOfBatches: readonly LedgerCheck[] = [
  {
    name: 'a reversal takes back every posting of a transfer, once, and names it',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const bob = await openAccount(ledger, tenant);
      const original = acceptedValue(
        await post(ledger, tenant, [world, alice, 50n], [alice, bob, 20n]),
      );
      expect(original.reverses).toBeNull();
      const command = { reference: 'a mistake', metadata: { by: 'ops' }, effectiveAt: null };
      const reverse = (id: string) => ledger.reverseTransfer(request(tenant), id, command, call());
      const reversed = acceptedValue(await reverse(original.transferId));
      expect(reversed).toMatchObject({
        reference: 'a mistake',
        metadata: { by: 'ops' },
        reverses: original.transferId,
        holdId: null,
        postings: [
          { debitAccountId: alice, creditAccountId: world, amountMinor: 50n },
          { debitAccountId: bob, creditAccountId: alice, amountMinor: 20n },
        ],
      });
      expect(reversed.balances.map(({ balanceMinor }) => balanceMinor)).toEqual([0n, 0n, 0n]);
      expect(await ledger.readTransfer(tenant, reversed.transferId, call())).toEqual(reversed);
      const { transferId } = original;
      const again = { code: 'already-reversed', transferId, reversalId: reversed.transferId };
      expect(refusalOf(await reverse(transferId))).toEqual(again);
      // A reversal is a transfer, and so can be taken back itself.
      acceptedValue(await reverse(reversed.transferId));
      expect(await balance(ledger, tenant, bob)).toBe(20n);
    },
  },
  {
    name: 'a reversal is refused like any transfer, and where there is nothing to take back',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const paid = acceptedValue(await post(ledger, tenant, [world, alice, 50n])).transferId;
      acceptedValue(await post(ledger, tenant, [alice, world, 30n]));
      const reverse = (id: string, who = tenant) =>
        ledger.reverseTransfer(request(who), id, nothing, call());
      const poor = { code: 'insufficient-funds', accountId: alice, availableMinor: 20n };
      expect(refusalOf(await reverse(paid))).toMatchObject(poor);
      acceptedValue(await change(ledger, tenant, world, 'freeze'));
      expect(codeOf(await reverse(paid))).toBe('account-frozen');
      for (const [who, id] of [
        [tenant, unknownId(tenant)],
        [tenant, unknownId(tenant, 128)],
        [`${tenant}-stranger`, paid],
      ] as const) {
        const missing = { code: 'transfer-not-found', transferId: id };
        expect(refusalOf(await reverse(id, who))).toEqual(missing);
      }
      expect(await balance(ledger, tenant, alice)).toBe(20n);
    },
  },
  {
    name: 'a captured transfer is reversed like any other; its hold stays captured',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const held = acceptedValue(await place(ledger, tenant, [world, alice, 9n])).hold.holdId;
      const rest = { amountMinor: null, final: true };
      const captured = acceptedValue(await ledger.captureHold(request(tenant), held, rest, call()));
      const who = request(tenant, 'reverse', 'body');
      const { transferId } = captured;
      const first = await ledger.reverseTransfer(who, transferId ?? '', nothing, call());
      expect(acceptedValue(first)).toMatchObject({ holdId: null, reverses: transferId });
      const again = await ledger.reverseTransfer(who, transferId ?? '', nothing, call());
      expect(again).toEqual({ ...first, replayed: true });
      expect((await ledger.readHold(tenant, held, call()))?.status).toBe('captured');
      expect(await balance(ledger, tenant, alice)).toBe(0n);
    },
  },
  {
    name: 'a batch does its items in order, each with what those before it left',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const bob = await openAccount(ledger, tenant, { minBalance: 0n });
      const items = [
        transfer([world, alice, 100n]),
        transfer([alice, bob, 60n], [alice, bob, 10n]),
        hold([alice, world, 25n]),
        captureOf({ item: 2 }, 5n, false),
        transfer([bob, alice, 1n]),
        { type: 'void', hold: { item: 2 } } as const,
      ];
      const command = { atomic: true, items };
      const who = request(tenant, 'batch', 'body');
      const outcome = await ledger.postBatch(who, command, call());
      expect(resultCodes(outcome)).toEqual([
        'transfer',
        'transfer',
        'hold',
        'hold',
        'transfer',
        'hold',
      ]);
      const [first, second, placed, captured, , voided] = acceptedValue(outcome);
      expect(first).toMatchObject({
        transfer: {
          postings: [{ asset: 'EUR', amountMinor: 100n }],
          balances: [
            { accountId: world, version: 2n, balanceMinor: -100n },
            { accountId: alice, version: 2n, balanceMinor: 100n, availableMinor: 100n },
          ],
        },
      });
      expect(second).toMatchObject({
        transfer: {
          balances: [
            { accountId: alice, version: 4n, balanceMinor: 30n },
            { accountId: bob, version: 3n, balanceMinor: 70n },
          ],
        },
      });
      expect(placed).toMatchObject({
        change: {
          hold: { status: 'pending', amountMinor: 25n, version: 1n },
          balances: [{ accountId: alice, version: 5n, availableMinor: 5n }, { accountId: world }],
        },
      });
      expect(captured).toMatchObject({
        change: { hold: { status: 'pending', capturedMinor: 5n, version: 2n } },
      });
      expect(voided).toMatchObject({
        change: { hold: { status: 'voided', capturedMinor: 5n, version: 3n }, transferId: null },
      });
      const read = await ledger.readBalance(tenant, alice, call());
      expect(read).toMatchObject({ balanceMinor: 26n, availableMinor: 26n, version: 9n });
      expect(await ledger.postBatch(who, command, call())).toEqual({ ...outcome, replayed: true });
      expect((await ledger.readBalance(tenant, alice, call()))?.version).toBe(9n);
      const transfers = await ledger.listTransfers(tenant, {}, all, call());
      expect(transfers.items).toHaveLength(4);
    },
  },
  {
    name: 'a preview answers as the batch would, and leaves no trace',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const paid = acceptedValue(await post(ledger, tenant, [world, alice, 9n])).transferId;
      const items = [
        transfer([world, alice, 10n], [alice, world, 1n]),
        hold([alice, world, 4n]),
        captureOf({ item: 1 }, 1n, false),
        reversal(paid),
      ];
      const refused = [...items, transfer([alice, world, 99n])];
      const before = await ledger.readAccount(tenant, alice, call());
      for (const command of [
        { atomic: true, items },
        { atomic: true, items: refused },
        { atomic: false, items: refused },
      ]) {
        const told = await ledger.previewBatch(tenant, command, call());
        expect(await ledger.readAccount(tenant, alice, call())).toEqual(before);
        expect((await ledger.listHolds(tenant, {}, all, call())).items).toEqual([]);
        expect((await ledger.listTransfers(tenant, {}, all, call())).items).toHaveLength(1);
        const again = await ledger.previewBatch(tenant, command, call());
        expect(figuresOf(again)).toEqual(figuresOf(told));
      }
      const told = await ledger.previewBatch(tenant, { atomic: true, items }, call());
      const done = await ledger.postBatch(request(tenant), { atomic: true, items }, call());
      expect(figuresOf(told)).toEqual(figuresOf(done));
      expect(codeOf(done)).toBe('accepted');
    },
  },
  {
    name: 'an atomic batch names the item that is refused, and does nothing of it',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const items = [
        transfer([world, alice, 10n]),
        hold([alice, world, 4n]),
        transfer([alice, world, 7n]),
        transfer([world, alice, 5n]),
      ];
      const command = { atomic: true, items };
      const who = request(tenant, 'batch', 'body');
      const outcome = await ledger.postBatch(who, command, call());
      expect(refusalOf(outcome)).toEqual({
        code: 'batch-item-refused',
        item: 2,
        refusal: {
          code: 'insufficient-funds',
          accountId: alice,
          availableMinor: 6n,
          minBalanceMinor: 0n,
        },
      });
      expect(await ledger.readBalance(tenant, alice, call())).toMatchObject({
        balanceMinor: 0n,
        pendingDebits: 0n,
        version: 1n,
      });
      expect((await ledger.listHolds(tenant, {}, all, call())).items).toEqual([]);
      // The refusal is kept, though it would succeed by now.
      acceptedValue(await post(ledger, tenant, [world, alice, 100n]));
      expect(await ledger.postBatch(who, command, call())).toEqual({ ...outcome, replayed: true });
    },
  },
  {
    name: 'a batch that is not atomic does what it can, with a result for each item',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const nobody = unknownId(tenant);
      const paid = acceptedValue(await post(ledger, tenant, [world, alice, 3n])).transferId;
      const items = [
        transfer([alice, world, 99n]),
        hold([alice, world, 99n]),
        captureOf({ item: 1 }),
        transfer([world, alice, 10n], [alice, world, 99n]),
        transfer([world, alice, 10n]),
        transfer([world, nobody, 1n]),
        transfer([alice, alice, 1n]),
        reversal(paid),
        reversal(paid),
        captureOf({ holdId: nobody }),
      ];
      const who = request(tenant, 'batch', 'body');
      const outcome = await ledger.postBatch(who, { atomic: false, items }, call());
      expect(resultCodes(outcome)).toEqual([
        'insufficient-funds',
        'insufficient-funds',
        'hold-not-found',
        'insufficient-funds',
        'transfer',
        'account-not-found',
        'same-account',
        'transfer',
        'already-reversed',
        'hold-not-found',
      ]);
      expect(await ledger.readBalance(tenant, alice, call())).toMatchObject({
        balanceMinor: 10n,
        version: 4n,
      });
      const again = await ledger.postBatch(who, { atomic: false, items }, call());
      expect(again).toEqual({ ...outcome, replayed: true });
    },
  },
  {
    name: 'a batch ends holds that were there before it, and each of them once',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const held = async () =>
        acceptedValue(await place(ledger, tenant, [world, alice, 5n])).hold.holdId;
      const [one, two, three] = [await held(), await held(), await held()];
      acceptedValue(await voidIt(ledger, tenant, three));
      const items = [
        captureOf({ holdId: one }, 2n, false),
        captureOf({ holdId: one }),
        captureOf({ holdId: one }),
        { type: 'void', hold: { holdId: two } } as const,
        captureOf({ holdId: two }),
        captureOf({ holdId: three }),
      ];
      const outcome = await ledger.postBatch(request(tenant), { atomic: false, items }, call());
      expect(resultCodes(outcome)).toEqual([
        'hold',
        'hold',
        'hold-settled',
        'hold',
        'hold-settled',
        'hold-settled',
      ]);
      const read = await ledger.readBalance(tenant, alice, call());
      expect(read).toMatchObject({ balanceMinor: 5n, pendingCredits: 0n });
      const found = await ledger.readHold(tenant, one, call());
      expect(found).toMatchObject({ status: 'captured', capturedMinor: 5n, version: 3n });
    },
  },
  {
    name: 'a batch lives on one shard, that of its first item, wherever that is',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const away = await openAway(ledger, tenant);
      const beside = await openBeside(ledger, tenant, away);
      const there = transfer([away, beside, 2n]);
      const here = transfer([world, alice, 1n]);
      const mixed = await ledger.postBatch(
        request(tenant),
        { atomic: true, items: [here, there] },
        call(),
      );
      expect(refusalOf(mixed)).toEqual({
        code: 'batch-item-refused',
        item: 1,
        refusal: { code: 'cross-shard-batch' },
      });
      const who = request(tenant, 'there', 'body');
      const items = [there, here, transfer([away, alice, 1n]), hold([beside, away, 2n])];
      const outcome = await ledger.postBatch(who, { atomic: false, items }, call());
      expect(resultCodes(outcome)).toEqual([
        'transfer',
        'cross-shard-batch',
        'cross-shard-transfer',
        'hold',
      ]);
      const again = await ledger.postBatch(who, { atomic: false, items }, call());
      expect(again).toEqual({ ...outcome, replayed: true });
      expect(await balance(ledger, tenant, beside)).toBe(2n);
      expect(await balance(ledger, tenant, alice)).toBe(0n);
    },
  },
];
