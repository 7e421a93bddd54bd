import { deepStrictEqual } from 'node:assert';
import { randomBytes, randomInt } from 'node:crypto';
import {
  type BatchItem,
  type BatchResult,
  type HoldChange,
  initialPartitionMap,
  type Ledger,
  modelLedger,
  type Outcome,
  type Transfer,
} from '@atlas/domain';
import { type PostgresLedger, postgresLedger } from '@atlas/postgres';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { acceptedValue, call, openAccount, request, transferOf } from '../../support/ledger.ts';

const workers = 20;
const accountCount = 50;
const rounds = 6;
const roundMs = 5_000;

let database: TestDatabase;
let ledger: PostgresLedger;
let admin: pg.Client;

beforeAll(async () => {
  database = await testDatabase(1);
  ledger = postgresLedger({
    shards: database.api,
    namedStatements: true,
    maxConnectionsPerShard: workers,
  });
  admin = await database.admin(0);
});
afterAll(async () => {
  await ledger.close();
  await admin.end();
  await database.drop();
});

/** What was asked for: one of the things that a batch can hold, or several of them. */
type Wanted =
  | { readonly item: BatchItem }
  | { readonly atomic: boolean; readonly items: BatchItem[] };
type Result = Transfer | HoldChange | readonly BatchResult[];

interface Done {
  readonly wanted: Wanted;
  readonly result: Result;
}

const send = (
  to: Ledger,
  who: ReturnType<typeof request>,
  wanted: Wanted,
): Promise<Outcome<Result>> => {
  if ('items' in wanted) return to.postBatch(who, wanted, call());
  const { item } = wanted;
  switch (item.type) {
    case 'transfer':
      return to.postTransfer(who, item.command, call());
    case 'reversal':
      return to.reverseTransfer(who, item.transferId, item.command, call());
    case 'hold':
      return to.placeHold(who, item.command, call());
    case 'capture':
    case 'void': {
      if (!('holdId' in item.hold)) throw new Error('only batches have items');
      const { holdId } = item.hold;
      return item.type === 'void'
        ? to.voidHold(who, holdId, call())
        : to.captureHold(who, holdId, item.command, call());
    }
  }
};

const pick = <T>(from: readonly T[]): T => {
  const chosen = from[randomInt(from.length)];
  if (chosen === undefined) throw new Error('nothing to choose from');
  return chosen;
};

/** What one tenant has, for all workers to meet at. */
class Shared {
  readonly accounts: string[] = [];
  readonly holds: string[] = [];
  readonly transfers: string[] = [];

  /** The newest are what others are at, too. */
  private recent(from: readonly string[]): string {
    return pick(from.slice(-30));
  }

  private posting() {
    const debitAccountId = pick(this.accounts);
    const creditAccountId = pick(this.accounts.filter((id) => id !== debitAccountId));
    return { debitAccountId, creditAccountId, amountMinor: BigInt(1 + randomInt(60)) };
  }

  item(): BatchItem {
    const chance = randomInt(100);
    if (chance < 20 && this.holds.length > 0) {
      const hold = { holdId: this.recent(this.holds) };
      if (chance < 5) return { type: 'void', hold };
      const amountMinor = chance < 12 ? null : BigInt(1 + randomInt(20));
      return { type: 'capture', hold, command: { amountMinor, final: chance % 2 === 0 } };
    }
    const plain = { reference: null, metadata: {}, effectiveAt: null };
    if (chance < 30 && this.transfers.length > 0) {
      return { type: 'reversal', transferId: this.recent(this.transfers), command: plain };
    }
    if (chance < 50) {
      const { reference, metadata } = plain;
      const command = { ...this.posting(), expiresAt: null, reference, metadata };
      return { type: 'hold', command };
    }
    const count = chance < 85 ? 1 : 2 + randomInt(4);
    const effectiveAt = chance % 7 === 0 ? new Date(Date.UTC(2020, 0, 1 + (chance % 28))) : null;
    const postings = Array.from({ length: count }, () => this.posting());
    return { type: 'transfer', command: { ...plain, postings, effectiveAt } };
  }

  wanted(): Wanted {
    if (randomInt(10) > 0) return { item: this.item() };
    const items = Array.from({ length: 2 + randomInt(4) }, () => this.item());
    if (items[0]?.type === 'hold') {
      const command = { amountMinor: null, final: true };
      items.push({ type: 'capture', hold: { item: 0 }, command });
    }
    return { atomic: randomInt(2) === 0, items };
  }

  note(result: Result): void {
    for (const one of resultsOf(result)) {
      if ('transferId' in one && one.transferId !== null) this.transfers.push(one.transferId);
      if ('hold' in one && one.hold.version === 1n) this.holds.push(one.hold.holdId);
    }
  }
}

const resultsOf = (result: Result): readonly (Transfer | HoldChange)[] => {
  if (!('length' in result)) return [result];
  return result.flatMap((one): readonly (Transfer | HoldChange)[] => {
    if (one.type === 'refused') return [];
    return one.type === 'transfer' ? [one.transfer] : [one.change];
  });
};

/** What each round has to meet, and how often, before it says anything. */
const toMeet = ['accepted', 'insufficient-funds', 'hold-settled', 'already-reversed'];
const timesToMeet = 10;
/** Of a machine that has much else to do. */
const longestRoundMs = 60_000;

/**
 * Twenty at once, for so long, or until they have met what they are to meet. One request in ten is sent
 * twice at the same time, under one key. Answers with what was accepted, each once.
 */
const stress = async (tenant: string, shared: Shared): Promise<readonly Done[]> => {
  const done: Done[] = [];
  const codes = new Map<string, number>();
  const startedMs = Date.now();
  const missing = () => toMeet.filter((code) => (codes.get(code) ?? 0) < timesToMeet);
  const goesOn = () => {
    const elapsedMs = Date.now() - startedMs;
    return elapsedMs < roundMs || (elapsedMs < longestRoundMs && missing().length > 0);
  };
  const work = async () => {
    while (goesOn()) {
      const wanted = shared.wanted();
      const who = request(tenant);
      const copies = randomInt(10) === 0 ? 2 : 1;
      const outcomes = await Promise.all(
        Array.from({ length: copies }, () => send(ledger, who, wanted)),
      );
      const fresh = outcomes.filter(({ replayed }) => !replayed);
      const decided = fresh.filter(
        (one) => one.kind === 'accepted' || one.refusal.code !== 'idempotency-key-in-flight',
      );
      if (decided.length !== 1) throw new Error(`decided ${decided.length} times`);
      for (const outcome of decided) {
        const code = outcome.kind === 'refused' ? outcome.refusal.code : 'accepted';
        codes.set(code, (codes.get(code) ?? 0) + 1);
        if (outcome.kind === 'refused' || resultsOf(outcome.value).length === 0) continue;
        done.push({ wanted, result: outcome.value });
        shared.note(outcome.value);
      }
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  if (missing().length > 0) throw new Error(`too seldom: ${missing().join(', ')}`);
  return done;
};

/** The last version of each account that something touched. */
const versionsOf = ({ result }: Done): ReadonlyMap<string, bigint> => {
  const versions = new Map<string, bigint>();
  for (const { balances } of resultsOf(result)) {
    for (const { accountId, version } of balances) {
      const before = versions.get(accountId) ?? 0n;
      versions.set(accountId, version > before ? version : before);
    }
  }
  return versions;
};

/**
 * An order in which everything could have happened one after the other: what touched an account earlier
 * comes first. There is one if and only if the history is (conflict) serializable.
 */
const serialOrder = (done: readonly Done[]): readonly Done[] => {
  const byAccount = new Map<string, { readonly version: bigint; readonly one: Done }[]>();
  for (const one of done) {
    for (const [account, version] of versionsOf(one)) {
      const line = byAccount.get(account) ?? [];
      line.push({ version, one });
      byAccount.set(account, line);
    }
  }
  const waitsFor = new Map(done.map((one) => [one, 0]));
  const next = new Map<Done, Done[]>();
  for (const line of byAccount.values()) {
    line.sort((a, b) => (a.version < b.version ? -1 : 1));
    for (const [i, { one }] of line.entries()) {
      const before = line[i - 1]?.one;
      if (before === undefined) continue;
      waitsFor.set(one, (waitsFor.get(one) ?? 0) + 1);
      next.set(before, [...(next.get(before) ?? []), one]);
    }
  }
  const order = done.filter((one) => waitsFor.get(one) === 0);
  for (const one of order) {
    for (const later of next.get(one) ?? []) {
      const left = (waitsFor.get(later) ?? 0) - 1;
      waitsFor.set(later, left);
      if (left === 0) order.push(later);
    }
  }
  return order;
};

const ids = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const isTime = (name: string) => name.endsWith('At') && name !== 'expiresAt';

/** Without times, and with ids as the model has them. */
const inTermsOf = (known: ReadonlyMap<string, string>, value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (name, member) => {
      if (isTime(name)) return member === null ? null : 'a time';
      return typeof member === 'bigint' ? `${member}` : member;
    }).replaceAll(ids, (id) => known.get(id) ?? id),
  );

const translated = (known: ReadonlyMap<string, string>, wanted: Wanted): Wanted =>
  JSON.parse(
    JSON.stringify(wanted, (name, member) =>
      typeof member === 'bigint' ? { [name]: `${member}` } : member,
    ).replaceAll(ids, (id) => known.get(id) ?? id),
    (name, member) => {
      if (name.endsWith('Minor') && typeof member === 'object' && member !== null) {
        return BigInt(member[name]);
      }
      return name === 'effectiveAt' && member !== null ? new Date(member) : member;
    },
  );

/**
 * Without the refused items of a batch. They changed nothing, so they have no place in the order of what
 * did; and what they saw is told by nothing.
 */
const withoutRefused = ({ wanted, result }: Done): Done => {
  if (!('items' in wanted && 'length' in result)) return { wanted, result };
  const items = wanted.items.filter((_, i) => result[i]?.type !== 'refused');
  return { wanted: { ...wanted, items }, result: result.filter(({ type }) => type !== 'refused') };
};

/** Does the same with the reference model, one after the other, and demands the same results. */
const replay = async (done: readonly Done[], accounts: readonly string[]): Promise<Ledger> => {
  const partitionMap = initialPartitionMap(1);
  const model = modelLedger({ now: () => new Date(), random: randomBytes, partitionMap });
  const own = await openAll(model, 'model', accounts.length);
  const known = new Map(accounts.map((id, i) => [id, own[i] ?? '']));
  for (const { wanted, result } of done.map(withoutRefused)) {
    const same = acceptedValue(await send(model, request('model'), translated(known, wanted)));
    const others = resultsOf(same);
    for (const [i, one] of resultsOf(result).entries()) {
      const other = others[i];
      if ('transferId' in one && one.transferId !== null && other && 'transferId' in other) {
        known.set(one.transferId, other.transferId ?? '');
      }
      if ('hold' in one && other && 'hold' in other) known.set(one.hold.holdId, other.hold.holdId);
    }
    deepStrictEqual(inTermsOf(known, result), inTermsOf(known, same));
  }
  return model;
};

/** The first is the outside world, and fills the others; some live on partitions of their own. */
const openAll = async (to: Ledger, tenant: string, count: number): Promise<string[]> => {
  await to.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
  const world = await openAccount(to, tenant);
  const all = [world];
  for (let i = 1; i < count; i += 1) {
    const wishes = {
      minBalance: i % 10 === 0 ? null : 0n,
      maxBalance: i % 5 === 0 ? 1_000n : null,
      ...(i % 4 === 0 ? { partitionKey: `key-${i}` } : {}),
    };
    all.push(await openAccount(to, tenant, wishes));
    const fill = transferOf([world, all[i] ?? '', 100n]);
    acceptedValue(await to.postTransfer(request(tenant), fill, call()));
  }
  return all;
};

/** Each question asks for what must not be. */
const invariants: Readonly<Record<string, string>> = {
  'an asset that does not add up': `
    SELECT a.asset FROM ledger.account a WHERE a.tenant = $1
     GROUP BY a.asset HAVING sum(a.posted_debits) <> sum(a.posted_credits)
        OR sum(a.pending_debits) <> sum(a.pending_credits)`,
  'an account that is not the fold of its entries': `
    SELECT a.account_id FROM ledger.account a
      LEFT JOIN ledger.entry e ON e.tenant = a.tenant AND e.account_id = a.account_id
     WHERE a.tenant = $1
     GROUP BY a.tenant, a.account_id
    HAVING a.posted_debits <> coalesce(sum(e.amount) FILTER (WHERE e.kind = 'p' AND e.direction = 'd'), 0)
        OR a.posted_credits <> coalesce(sum(e.amount) FILTER (WHERE e.kind = 'p' AND e.direction = 'c'), 0)
        OR a.pending_debits <> coalesce(sum(CASE e.kind WHEN 'h' THEN e.amount WHEN 'r' THEN - e.amount END)
                                          FILTER (WHERE e.direction = 'd'), 0)
        OR a.pending_credits <> coalesce(sum(CASE e.kind WHEN 'h' THEN e.amount WHEN 'r' THEN - e.amount END)
                                           FILTER (WHERE e.direction = 'c'), 0)
        OR a.version <> count(e.version) + 1 OR a.version <> coalesce(max(e.version), 1)`,
  'an account beyond its limits': `
    SELECT a.account_id FROM ledger.account a
     WHERE a.tenant = $1
       AND (a.posted_credits - a.posted_debits - a.pending_debits < a.min_balance
            OR a.posted_credits - a.posted_debits + a.pending_credits > a.max_balance)`,
  'an entry that does not follow from the one before': `
    SELECT n.version FROM (
      SELECT e.version, e.balance_after, e.recorded_at,
             lag(e.balance_after, 1, 0::bigint) OVER w
               + CASE WHEN e.kind <> 'p' THEN 0 WHEN e.direction = 'c' THEN e.amount ELSE - e.amount END
               AS expected,
             lag(e.recorded_at) OVER w AS before
        FROM ledger.entry e WHERE e.tenant = $1
      WINDOW w AS (PARTITION BY e.account_id ORDER BY e.version)) AS n
     WHERE n.balance_after <> n.expected OR n.recorded_at < n.before`,
  'a hold that posted something else than it captured': `
    SELECT h.hold_id FROM ledger.hold h
      LEFT JOIN ledger.transfer t ON t.tenant = h.tenant AND t.hold_id = h.hold_id
     WHERE h.tenant = $1
     GROUP BY h.tenant, h.hold_id
    HAVING h.captured <> coalesce(sum(t.amount), 0) OR h.captured > h.amount`,
  'an account that reserves something else than its holds': `
    SELECT a.account_id FROM ledger.account a
      LEFT JOIN ledger.hold h ON h.tenant = a.tenant AND h.status = 'p'
                             AND a.account_id IN (h.debit_account, h.credit_account)
     WHERE a.tenant = $1
     GROUP BY a.tenant, a.account_id
    HAVING a.pending_debits <> coalesce(sum(h.amount - h.captured)
                                          FILTER (WHERE h.debit_account = a.account_id), 0)
        OR a.pending_credits <> coalesce(sum(h.amount - h.captured)
                                           FILTER (WHERE h.credit_account = a.account_id), 0)`,
  'a transfer that was reversed by another amount, or twice': `
    SELECT t.transfer_id FROM ledger.transfer t
      JOIN ledger.transfer r ON r.tenant = t.tenant AND r.reverses = t.transfer_id
     WHERE t.tenant = $1
     GROUP BY t.tenant, t.transfer_id
    HAVING count(*) <> 1 OR min(r.amount) <> t.amount OR min(r.postings) <> t.postings`,
  'a transfer that tells nobody': `
    SELECT t.transfer_id FROM ledger.transfer t
     WHERE t.tenant = $1
       AND NOT EXISTS (SELECT FROM ledger.outbox o
                        WHERE o.tenant = t.tenant AND o.aggregate_id = t.transfer_id)`,
};

describe('twenty workers on fifty accounts', () => {
  it.each(Array.from({ length: rounds }, (_, round) => `tenant-${round}`))(
    'leave what one after the other would have left: %s',
    async (tenant) => {
      const shared = new Shared();
      shared.accounts.push(...(await openAll(ledger, tenant, accountCount)));
      const done = await stress(tenant, shared);

      for (const [what, question] of Object.entries(invariants)) {
        const { rows } = await admin.query(question, [tenant]);
        expect({ what, rows }).toEqual({ what, rows: [] });
      }
      const order = serialOrder(done);
      expect(order).toHaveLength(done.length);
      const model = await replay(order, shared.accounts);
      const totals = async (of: Ledger, whose: string) => {
        const { lines } = await of.trialBalance(whose, { limit: 1_000, after: null }, call());
        return lines.items
          .map(({ debitsMinor, creditsMinor }) => `${debitsMinor}/${creditsMinor}`)
          .toSorted();
      };
      expect(await totals(ledger, tenant)).toEqual(await totals(model, 'model'));
    },
    120_000,
  );
});
