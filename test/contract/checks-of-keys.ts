import { expect } from 'vitest';
import { acceptedValue, call, request, transferOf } from '../support/ledger.ts';
import {
  balance,
  codeOf,
  type LedgerCheck,
  openAway,
  openBeside,
  post,
  start,
} from './ledger-check.ts';

const wishes = {
  asset: 'EUR',
  name: null,
  minBalance: null,
  maxBalance: null,
  metadata: {},
  partitionKey: null,
} as const;

export const checksOfKeys: readonly LedgerCheck[] = [
  {
    name: 'a key has one effect and one answer',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const who = request(tenant, 'key-1', 'body');
      const command = transferOf([world, alice, 7n]);
      const first = await ledger.postTransfer(who, command, call());
      acceptedValue(await post(ledger, tenant, [world, alice, 1n]));
      const again = await ledger.postTransfer(who, command, call());
      expect(again).toEqual({ ...first, replayed: true });
      expect(await balance(ledger, tenant, alice)).toBe(8n);
    },
  },
  {
    name: 'a key is not taken for another request, wherever that one would go',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const away = await openAway(ledger, tenant);
      const here = transferOf([world, alice, 7n]);
      const there = transferOf([away, world, 7n]);
      const attempt = async (key: string, body: string, command: typeof here) =>
        codeOf(await ledger.postTransfer(request(tenant, key, body), command, call()));
      expect(await attempt('key-1', 'one', here)).toBe('accepted');
      expect(await attempt('key-1', 'another', here)).toBe('idempotency-key-reused');
      expect(await attempt('key-1', 'another', there)).toBe('idempotency-key-reused');
      expect(await attempt('key-2', 'one', there)).toBe('cross-shard-transfer');
      expect(await attempt('key-2', 'another', here)).toBe('idempotency-key-reused');
      // Saying so is not an answer to the first request, which keeps its own.
      expect(await attempt('key-1', 'one', here)).toBe('accepted');
      const who = request(tenant, 'key-1', 'a third');
      const opening = await ledger.openAccount(who, wishes, call());
      const freezing = await ledger.changeAccount(who, away, 'freeze', call());
      expect([codeOf(opening), codeOf(freezing)]).toEqual(
        Array.from({ length: 2 }, () => 'idempotency-key-reused'),
      );
      expect(await balance(ledger, tenant, alice)).toBe(7n);
    },
  },
  {
    name: 'a refusal is an answer too: it stays, even when the reason has gone',
    run: async (ledger, tenant) => {
      const { world, alice } = await start(ledger, tenant);
      const away = await openAway(ledger, tenant);
      const attempts = {
        poor: transferOf([alice, world, 9n]),
        same: transferOf([alice, alice, 1n]),
        cross: transferOf([world, away, 1n]),
      };
      for (const [key, command] of Object.entries(attempts)) {
        const who = request(tenant, key, 'body');
        const refused = await ledger.postTransfer(who, command, call());
        expect([refused.kind, refused.replayed]).toEqual(['refused', false]);
        acceptedValue(await post(ledger, tenant, [world, alice, 100n]));
        const again = await ledger.postTransfer(who, command, call());
        expect(again).toEqual({ ...refused, replayed: true });
      }
      expect(await balance(ledger, tenant, alice)).toBe(300n);
    },
  },
  {
    name: 'an account is opened or changed once under a key, and the answer is that of the first time',
    run: async (ledger, tenant) => {
      const { world } = await start(ledger, tenant);
      const opening = request(tenant, 'open', 'body');
      const opened = await ledger.openAccount(opening, wishes, call());
      const { accountId } = acceptedValue(opened);
      const freezing = request(tenant, 'freeze', 'body');
      const frozen = await ledger.changeAccount(freezing, accountId, 'freeze', call());
      const unfrozen = await ledger.changeAccount(request(tenant), accountId, 'unfreeze', call());
      acceptedValue(unfrozen);
      acceptedValue(await post(ledger, tenant, [world, accountId, 3n]));
      expect(await ledger.openAccount(opening, wishes, call())).toEqual({
        ...opened,
        replayed: true,
      });
      expect(await ledger.changeAccount(freezing, accountId, 'freeze', call())).toEqual({
        ...frozen,
        replayed: true,
      });
      expect(await ledger.readAccount(tenant, accountId, call())).toMatchObject({
        status: 'open',
        version: 4n,
      });
      const missing = { ...wishes, asset: 'NONE' };
      const refusing = request(tenant, 'refused', 'body');
      const refused = await ledger.openAccount(refusing, missing, call());
      await ledger.createAsset(tenant, { code: 'NONE', scale: 0 }, call());
      expect(await ledger.openAccount(refusing, missing, call())).toEqual({
        ...refused,
        replayed: true,
      });
    },
  },
  {
    name: 'what one tenant did under a key is nothing to another',
    run: async (ledger, tenant) => {
      const stranger = `${tenant}-stranger`;
      for (const each of [tenant, stranger]) {
        const { world, alice } = await start(ledger, each);
        const who = request(each, 'key-1', `body of ${each}`);
        const outcome = await ledger.postTransfer(who, transferOf([world, alice, 7n]), call());
        expect([codeOf(outcome), outcome.replayed]).toEqual(['accepted', false]);
        expect(await balance(ledger, each, alice)).toBe(7n);
      }
    },
  },
  {
    name: 'keys work on the other shard as they do at home',
    run: async (ledger, tenant) => {
      await start(ledger, tenant);
      const away = await openAway(ledger, tenant);
      const beside = await openBeside(ledger, tenant, away);
      const who = request(tenant, 'key-1', 'body');
      const command = transferOf([away, beside, 7n]);
      const first = await ledger.postTransfer(who, command, call());
      expect(codeOf(first)).toBe('accepted');
      expect(await ledger.postTransfer(who, command, call())).toEqual({ ...first, replayed: true });
      expect(await balance(ledger, tenant, beside)).toBe(7n);
    },
  },
];
