import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '@atlas/domain';
import { expect } from 'vitest';
import { acceptedValue, call, request, transferOf } from '../support/ledger.ts';
import {
  capture,
  change,
  type LedgerCheck,
  place,
  post,
  refusalOf,
  start,
  unknownId,
  type Wanted,
} from './ledger-check.ts';

/** Until nothing is recorded with the time of what was recorded before. */
const nextMoment = () => sleep(3);

const postAt = async (
  ledger: Ledger,
  tenant: string,
  effectiveAt: string | null,
  ...postings: readonly Wanted[]
) => {
  const command = {
    ...transferOf(...postings),
    effectiveAt: effectiveAt === null ? null : new Date(effectiveAt),
  };
  return acceptedValue(await ledger.postTransfer(request(tenant), command, call()));
};

export const checksOfHistory: readonly LedgerCheck[] = [
  {
    name: 'a balance as of a time is what was recorded by then, and stays it',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const opened = await ledger.readAccount(tenant, alice, call());
      const times: Date[] = [opened?.openedAt ?? new Date(0)];
      const note = async (recordedAt: Date | undefined) => {
        times.push(recordedAt ?? new Date(0));
        await nextMoment();
      };
      await nextMoment();
      await note(acceptedValue(await post(ledger, tenant, [world, alice, 100n])).recordedAt);
      const held = acceptedValue(await place(ledger, tenant, [alice, world, 30n])).hold;
      await note(held.placedAt);
      await change(ledger, tenant, alice, 'freeze');
      await change(ledger, tenant, alice, 'unfreeze');
      acceptedValue(await capture(ledger, tenant, held.holdId, 10n));
      await note((await ledger.readBalance(tenant, alice, call()))?.recordedAt);
      await note(
        acceptedValue(await post(ledger, tenant, [alice, world, 1n], [alice, world, 2n]))
          .recordedAt,
      );
      const told = await Promise.all(
        times.map(async (time) => {
          const past = acceptedValue(await ledger.readBalanceAsOf(tenant, alice, time, call()));
          expect(past).toMatchObject({ accountId: alice, asset: 'EUR', recordedAt: time });
          return [past.version, past.balanceMinor, past.availableMinor, past.pendingDebits];
        }),
      );
      expect(told).toEqual([
        [1n, 0n, 0n, 0n],
        [2n, 100n, 100n, 0n],
        [3n, 100n, 70n, 30n],
        [7n, 90n, 90n, 0n],
        [9n, 87n, 87n, 0n],
      ]);
      // Between two moments, and after the last, it is what the one before left.
      for (const [i, time] of times.slice(1).entries()) {
        const earlier = new Date(time.getTime() - 1);
        const past = acceptedValue(await ledger.readBalanceAsOf(tenant, alice, earlier, call()));
        expect([past.version, past.balanceMinor]).toEqual(told[i]?.slice(0, 2));
      }
      const now = acceptedValue(await ledger.readBalanceAsOf(tenant, alice, new Date(), call()));
      expect([now.version, now.balanceMinor]).toEqual([9n, 87n]);
    },
  },
  {
    name: 'a balance as of a time is refused where there is none to tell',
    run: async (ledger, tenant) => {
      const { alice } = await start(ledger, tenant);
      const openedAt = (await ledger.readAccount(tenant, alice, call()))?.openedAt ?? new Date(0);
      const ask = async (accountId: string, asOf: Date) =>
        refusalOf(await ledger.readBalanceAsOf(tenant, accountId, asOf, call()));
      const early = new Date(openedAt.getTime() - 1);
      expect(await ask(alice, early)).toEqual({
        code: 'as-of-before-opening',
        accountId: alice,
        openedAt,
      });
      expect(await ask(alice, openedAt)).toBe('accepted');
      const late = new Date(Date.now() + 60_000);
      expect(await ask(alice, late)).toEqual({ code: 'as-of-in-future' });
      const nobody = unknownId(tenant);
      expect(await ask(nobody, openedAt)).toEqual({ code: 'account-not-found', accountId: nobody });
    },
  },
  {
    name: 'an effective balance counts each posting at its business time',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      await postAt(ledger, tenant, null, [world, alice, 1n]);
      await postAt(ledger, tenant, '2020-02-29T23:59:59.999Z', [world, alice, 10n]);
      await postAt(ledger, tenant, '2020-03-01T00:00:00.000Z', [world, alice, 100n]);
      await postAt(ledger, tenant, '2020-03-01T00:30:00.000Z', [world, alice, 1_000n]);
      const both = [
        [world, alice, 20_000n],
        [alice, world, 10_000n],
      ] as const;
      await postAt(ledger, tenant, '2190-01-01T00:00:00.000Z', ...both);
      const early = await postAt(ledger, tenant, '2020-03-31T12:00:00.000Z', [
        world,
        alice,
        100_000n,
      ]);
      const command = {
        reference: null,
        metadata: {},
        effectiveAt: new Date('2020-04-01T00:00:00Z'),
      };
      acceptedValue(
        await ledger.reverseTransfer(request(tenant), early.transferId, command, call()),
      );
      const held = acceptedValue(await place(ledger, tenant, [alice, world, 3n])).hold;
      acceptedValue(await capture(ledger, tenant, held.holdId, 2n));
      const now = await ledger.readBalance(tenant, alice, call());
      const at = async (time: string) => {
        const balance = await ledger.readEffectiveBalance(tenant, alice, new Date(time), call());
        const { version, recordedAt, asset } = balance ?? {};
        expect({ version, recordedAt, asset }).toEqual({
          version: now?.version,
          recordedAt: now?.recordedAt,
          asset: 'EUR',
        });
        return balance?.balanceMinor;
      };
      const figures = new Map<string, bigint | undefined>();
      for (const time of [
        '1999-01-01T00:00:00.000Z',
        '2020-02-29T23:59:59.998Z',
        '2020-02-29T23:59:59.999Z',
        '2020-03-01T00:00:00.000Z',
        '2020-03-01T00:29:59.999Z',
        '2020-03-01T00:30:00.000Z',
        '2020-03-31T12:00:00.000Z',
        '2020-03-31T13:00:00.000Z',
        '2020-04-01T00:00:00.000Z',
        '2189-12-31T23:59:59.999Z',
        '2190-01-01T00:00:00.000Z',
      ]) {
        figures.set(time.slice(0, 23), await at(time));
      }
      expect([...figures.values()]).toEqual([
        0n,
        0n,
        10n,
        110n,
        110n,
        1_110n,
        101_110n,
        101_110n,
        1_110n,
        1_109n,
        11_109n,
      ]);
      expect(now?.balanceMinor).toBe(11_109n);
      const nobody = unknownId(tenant);
      expect(await ledger.readEffectiveBalance(tenant, nobody, new Date(), call())).toBeUndefined();
    },
  },
  {
    name: 'a batch, done in part, shifts what it did',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const item = (effectiveAt: string | null, ...posting: Wanted) => ({
        type: 'transfer' as const,
        command: {
          ...transferOf(posting),
          effectiveAt: effectiveAt === null ? null : new Date(effectiveAt),
        },
      });
      const items = [
        item('2020-01-01T00:00:00Z', world, alice, 5n),
        item('2020-01-01T00:00:00Z', alice, world, 1_000n),
        item(null, world, alice, 7n),
        item('2020-01-02T00:00:00Z', world, alice, 11n),
      ];
      const command = { atomic: false, items };
      await ledger.previewBatch(tenant, command, call());
      const results = acceptedValue(await ledger.postBatch(request(tenant), command, call()));
      expect(results.map(({ type }) => type)).toEqual([
        'transfer',
        'refused',
        'transfer',
        'transfer',
      ]);
      const at = async (time: string) =>
        (await ledger.readEffectiveBalance(tenant, alice, new Date(time), call()))?.balanceMinor;
      expect(await at('2020-01-01T00:00:00Z')).toBe(5n);
      expect(await at('2020-01-02T00:00:00Z')).toBe(16n);
      expect(await at('2150-01-01T00:00:00Z')).toBe(23n);
    },
  },
];
