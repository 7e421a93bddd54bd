import { expect } from 'vitest';
import { acceptedValue, call, openAccount, request } from '../support/ledger.ts';
import { pollUntil } from '../support/poll.ts';
import {
  capture,
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
} from './ledger-check.ts';

const all = { limit: 200, after: null };

export const checksOfHolds: readonly LedgerCheck[] = [
  {
    name: 'a hold reserves on both sides, and moves nothing',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      acceptedValue(await post(ledger, tenant, [world, alice, 100n]));
      const wishes = { reference: 'order 17', metadata: { till: '4' } };
      const placed = acceptedValue(await place(ledger, tenant, [alice, world, 60n], wishes));
      const { hold } = placed;
      expect(hold).toEqual({
        ...wishes,
        holdId: hold.holdId,
        placedAt: hold.placedAt,
        debitAccountId: alice,
        creditAccountId: world,
        asset: 'EUR',
        amountMinor: 60n,
        capturedMinor: 0n,
        status: 'pending',
        version: 1n,
        expiresAt: null,
      });
      expect(placed.transferId).toBeNull();
      expect(placed.balances).toEqual([
        { accountId: alice, version: 3n, balanceMinor: 100n, availableMinor: 40n },
        { accountId: world, version: 3n, balanceMinor: -100n, availableMinor: -100n },
      ]);
      expect(await ledger.readHold(tenant, hold.holdId, call())).toEqual(hold);
      expect((await ledger.listHolds(tenant, {}, all, call())).items).toEqual([hold]);
      expect(await ledger.readBalance(tenant, world, call())).toMatchObject({
        pendingCredits: 60n,
      });
      const spending = refusalOf(await post(ledger, tenant, [alice, world, 41n]));
      expect(spending).toMatchObject({ code: 'insufficient-funds', availableMinor: 40n });
      expect(codeOf(await post(ledger, tenant, [alice, world, 40n]))).toBe('accepted');
    },
  },
  {
    name: 'a hold is refused as the transfer would be, with what is held already counted',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const bounded = await openAccount(ledger, tenant, { maxBalance: 50n });
      acceptedValue(await post(ledger, tenant, [world, alice, 100n]));
      acceptedValue(await place(ledger, tenant, [alice, bounded, 30n]));
      const poor = refusalOf(await place(ledger, tenant, [alice, world, 71n]));
      const amounts = { availableMinor: 70n, minBalanceMinor: 0n };
      expect(poor).toEqual({ code: 'insufficient-funds', accountId: alice, ...amounts });
      const full = refusalOf(await place(ledger, tenant, [world, bounded, 21n]));
      expect(full).toMatchObject({ code: 'balance-limit-exceeded', accountId: bounded });
      expect(codeOf(await post(ledger, tenant, [world, bounded, 21n]))).toBe(
        'balance-limit-exceeded',
      );
      const nobody = unknownId(tenant);
      const away = await openAway(ledger, tenant);
      expect(codeOf(await place(ledger, tenant, [alice, nobody, 1n]))).toBe('account-not-found');
      expect(codeOf(await place(ledger, tenant, [alice, alice, 1n]))).toBe('same-account');
      expect(codeOf(await place(ledger, tenant, [alice, away, 1n]))).toBe('cross-shard-transfer');
      acceptedValue(await change(ledger, tenant, alice, 'freeze'));
      expect(codeOf(await place(ledger, tenant, [alice, world, 1n]))).toBe('account-frozen');
    },
  },
  {
    name: 'what is held counts towards the greatest total, so that it can always be captured',
    run: async (ledger, tenant) => {
      const { world } = await start(ledger, tenant);
      const sink = await openAccount(ledger, tenant);
      const most = 2n ** 63n - 1n;
      const { hold } = acceptedValue(await place(ledger, tenant, [world, sink, most - 5n]));
      for (const outcome of [
        await post(ledger, tenant, [world, sink, 6n]),
        await post(ledger, tenant, [world, sink, 3n], [world, sink, 3n]),
        await place(ledger, tenant, [world, sink, 6n]),
      ]) {
        expect(refusalOf(outcome)).toEqual({ code: 'amount-overflow', accountId: world });
      }
      acceptedValue(await post(ledger, tenant, [world, sink, 5n]));
      acceptedValue(await capture(ledger, tenant, hold.holdId));
      const balance = await ledger.readBalance(tenant, sink, call());
      expect(balance).toMatchObject({ balanceMinor: most, pendingCredits: 0n });
    },
  },
  {
    name: 'a capture posts all that remains, as a transfer that names the hold',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const wishes = { reference: 'order 17', metadata: { till: '4' } };
      const { hold } = acceptedValue(await place(ledger, tenant, [world, alice, 60n], wishes));
      const done = acceptedValue(await capture(ledger, tenant, hold.holdId));
      expect(done.hold).toEqual({ ...hold, capturedMinor: 60n, status: 'captured', version: 2n });
      expect(done.balances).toEqual([
        { accountId: world, version: 4n, balanceMinor: -60n, availableMinor: -60n },
        { accountId: alice, version: 4n, balanceMinor: 60n, availableMinor: 60n },
      ]);
      const transfer = await ledger.readTransfer(tenant, done.transferId ?? '', call());
      expect(transfer).toMatchObject({ ...wishes, holdId: hold.holdId, balances: done.balances });
      const entries = (await ledger.listEntries(tenant, alice, {}, all, call()))?.items ?? [];
      const { holdId } = hold;
      const { transferId } = done;
      expect(entries).toMatchObject([
        { version: 2n, kind: 'pending', direction: 'credit', amountMinor: 60n, holdId },
        { version: 3n, kind: 'released', pendingCreditsAfterMinor: 0n, transferId: null, holdId },
        { version: 4n, kind: 'posted', balanceAfterMinor: 60n, transferId, holdId },
      ]);
    },
  },
  {
    name: 'a hold is captured in parts, until one is final or nothing is left',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const { hold } = acceptedValue(await place(ledger, tenant, [world, alice, 60n]));
      const other = acceptedValue(await place(ledger, tenant, [world, alice, 9n])).hold;
      const take = async (holdId: string, amountMinor: bigint, final: boolean) => {
        const outcome = await capture(ledger, tenant, holdId, amountMinor, final);
        if (outcome.kind === 'refused') return outcome.refusal;
        const { status, capturedMinor, version } = outcome.value.hold;
        return [status, capturedMinor, version];
      };
      const pending = async () => (await ledger.readBalance(tenant, alice, call()))?.pendingCredits;
      expect(await take(hold.holdId, 20n, false)).toEqual(['pending', 20n, 2n]);
      expect(await pending()).toBe(49n);
      const exceeded = { code: 'capture-exceeds-hold', holdId: hold.holdId, remainingMinor: 40n };
      expect(await take(hold.holdId, 41n, false)).toEqual(exceeded);
      expect(await take(hold.holdId, 15n, true)).toEqual(['captured', 35n, 3n]);
      expect(await pending()).toBe(9n);
      const settled = { code: 'hold-settled', holdId: hold.holdId, status: 'captured' };
      expect(await take(hold.holdId, 1n, false)).toEqual(settled);
      expect(await take(other.holdId, 9n, false)).toEqual(['captured', 9n, 2n]);
      const balance = await ledger.readBalance(tenant, alice, call());
      expect(balance).toMatchObject({ balanceMinor: 44n, pendingCredits: 0n });
    },
  },
  {
    name: 'a void releases what is left, once',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const { hold } = acceptedValue(await place(ledger, tenant, [world, alice, 60n]));
      acceptedValue(await capture(ledger, tenant, hold.holdId, 20n, false));
      const done = acceptedValue(await voidIt(ledger, tenant, hold.holdId));
      expect(done.hold).toEqual({ ...hold, capturedMinor: 20n, status: 'voided', version: 3n });
      expect(done.balances).toEqual([
        { accountId: world, version: 5n, balanceMinor: -20n, availableMinor: -20n },
        { accountId: alice, version: 5n, balanceMinor: 20n, availableMinor: 20n },
      ]);
      const balance = await ledger.readBalance(tenant, alice, call());
      expect(balance).toMatchObject({ balanceMinor: 20n, pendingCredits: 0n });
      const settled = { code: 'hold-settled', holdId: hold.holdId, status: 'voided' };
      expect(refusalOf(await voidIt(ledger, tenant, hold.holdId))).toEqual(settled);
      expect(refusalOf(await capture(ledger, tenant, hold.holdId))).toEqual(settled);
    },
  },
  {
    name: 'a frozen account permits capture and void, and a held one does not close',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const holds = [];
      for (const amount of [5n, 6n]) {
        holds.push(acceptedValue(await place(ledger, tenant, [world, alice, amount])).hold.holdId);
      }
      const [first = '', second = ''] = holds;
      acceptedValue(await change(ledger, tenant, alice, 'freeze'));
      acceptedValue(await voidIt(ledger, tenant, first));
      expect(codeOf(await change(ledger, tenant, alice, 'close'))).toBe('account-not-empty');
      acceptedValue(await capture(ledger, tenant, second));
      expect((await ledger.readBalance(tenant, alice, call()))?.balanceMinor).toBe(6n);
    },
  },
  {
    name: 'its time ends a hold, whether or not anybody has come by',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const past = new Date('2001-01-01T00:00:00.000Z');
      const late = await place(ledger, tenant, [world, alice, 5n], { expiresAt: past });
      expect(refusalOf(late)).toEqual({ code: 'expiry-passed' });
      const expiresAt = new Date(Date.now() + 200);
      const { hold } = acceptedValue(
        await place(ledger, tenant, [world, alice, 5n], { expiresAt }),
      );
      expect(hold).toMatchObject({ status: 'pending', expiresAt });
      const over = await pollUntil(
        () => ledger.readHold(tenant, hold.holdId, call()),
        (read) => read?.status !== 'pending',
      );
      expect(over).toEqual({ ...hold, status: 'expired' });
      const settled = { code: 'hold-settled', holdId: hold.holdId, status: 'expired' };
      expect(refusalOf(await capture(ledger, tenant, hold.holdId))).toEqual(settled);
      expect(refusalOf(await voidIt(ledger, tenant, hold.holdId))).toEqual(settled);
    },
  },
  {
    name: 'a hold that does not exist, or is another tenant’s, cannot be read or ended',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const { hold } = acceptedValue(await place(ledger, tenant, [world, alice, 5n]));
      const stranger = `${tenant}-stranger`;
      expect(await ledger.readHold(stranger, hold.holdId, call())).toBeUndefined();
      expect((await ledger.listHolds(stranger, {}, all, call())).items).toEqual([]);
      const unknown = [unknownId(tenant), unknownId(tenant, 128)];
      for (const [who, holdId] of [
        [stranger, hold.holdId] as const,
        ...unknown.map((id) => [tenant, id] as const),
      ]) {
        const missing = { code: 'hold-not-found', holdId };
        expect(refusalOf(await capture(ledger, who, holdId))).toEqual(missing);
        expect(refusalOf(await voidIt(ledger, who, holdId))).toEqual(missing);
        expect(await ledger.readHold(who, holdId, call())).toBeUndefined();
      }
      acceptedValue(await capture(ledger, tenant, hold.holdId));
    },
  },
  {
    name: 'holds live on the other shard as they do at home',
    run: async (ledger, tenant) => {
      await start(ledger, tenant);
      const away = await openAway(ledger, tenant);
      const beside = await openBeside(ledger, tenant, away);
      const { hold } = acceptedValue(await place(ledger, tenant, [away, beside, 5n]));
      const who = request(tenant, 'capture', 'body');
      const rest = { amountMinor: null, final: true };
      const first = await ledger.captureHold(who, hold.holdId, rest, call());
      expect(codeOf(first)).toBe('accepted');
      const again = await ledger.captureHold(who, hold.holdId, rest, call());
      expect(again).toEqual({ ...first, replayed: true });
      expect((await ledger.readBalance(tenant, beside, call()))?.balanceMinor).toBe(5n);
    },
  },
  {
    name: 'what was done to a hold under a key is done once, and answered as the first time',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const placing = request(tenant, 'place', 'place');
      const capturing = request(tenant, 'capture', 'capture');
      const voiding = request(tenant, 'void', 'void');
      const command = {
        debitAccountId: world,
        creditAccountId: alice,
        amountMinor: 9n,
        expiresAt: null,
        reference: null,
        metadata: {},
      };
      const part = { amountMinor: 4n, final: false };
      const placed = await ledger.placeHold(placing, command, call());
      const { holdId } = acceptedValue(placed).hold;
      const captured = await ledger.captureHold(capturing, holdId, part, call());
      const voided = await ledger.voidHold(voiding, holdId, call());
      const again = [
        await ledger.placeHold(placing, command, call()),
        await ledger.captureHold(capturing, holdId, part, call()),
        await ledger.voidHold(voiding, holdId, call()),
      ];
      expect(again).toEqual([placed, captured, voided].map((one) => ({ ...one, replayed: true })));
      const balance = await ledger.readBalance(tenant, alice, call());
      expect(balance).toMatchObject({ balanceMinor: 4n, pendingCredits: 0n });
      expect((await ledger.listHolds(tenant, {}, all, call())).items).toHaveLength(1);
    },
  },
];
