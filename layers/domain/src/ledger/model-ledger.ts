import { makeId } from '../ids.ts';
import {
  hashedPartition,
  homePartition,
  initialPartitionMap,
  type PartitionMap,
} from '../partitions.ts';
import type { EventMessage } from './events.ts';
import { matchesAccount, matchesEntry, matchesHold, matchesTransfer } from './filters.ts';
import type {
  CallContext,
  HoldExpiry,
  Ledger,
  Page,
  PageRequest,
  PostBatch,
  RequestIdentity,
} from './ledger.ts';
import { apply } from './model.ts';
import { effectiveBalance, lastEntryBy } from './model-history.ts';
import { statusAt } from './model-holds.ts';
import { existing, type Planned, plans } from './model-plans.ts';
import { emptyLedger, type LedgerState } from './model-state.ts';
import { accepted, type ItemRefusal, type Outcome, refused } from './refusals.ts';
import { availableOf, type BatchResult, balanceOf, type Hold } from './types.ts';

export interface ModelLedgerOptions {
  readonly now: () => Date;
  readonly random: (bytes: number) => Uint8Array;
  readonly partitionMap?: PartitionMap;
  /** Tests replace it by mutants. */
  readonly apply?: typeof apply;
}

export interface ModelLedger extends Ledger, HoldExpiry {
  /** All of them, in the order in which they happened. */
  readonly events: readonly EventMessage[];
}

interface Remembered {
  readonly requestHash: string;
  readonly outcome: Outcome<unknown>;
}

/**
 * The reference model behind the port, with idempotency keys: in memory, for tests and as the
 * plainest statement of what the port promises.
 */
export const modelLedger = (options: ModelLedgerOptions): ModelLedger => {
  const partitionMap = options.partitionMap ?? initialPartitionMap(2);
  const step = options.apply ?? apply;
  const states = new Map<string, LedgerState>();
  const keys = new Map<string, Remembered>();
  const events: EventMessage[] = [];
  const stateOf = (tenant: string): LedgerState => states.get(tenant) ?? emptyLedger;

  const attempt = <T>(
    tenant: string,
    { command, value }: Planned<T>,
    context: CallContext,
  ): { readonly value: T } | { readonly refusal: ItemRefusal } => {
    const traceparent = context.traceparent ?? null;
    const surroundings = { tenant, now: options.now(), partitionMap, traceparent };
    const result = step(stateOf(tenant), command, surroundings);
    if ('refusal' in result) return result;
    states.set(tenant, result.state);
    events.push(...result.events);
    return { value: value(result.state) };
  };

  const perform = <T>(tenant: string, planned: Planned<T>, context: CallContext): Outcome<T> => {
    const result = attempt(tenant, planned, context);
    return 'refusal' in result ? refused(result.refusal) : accepted(result.value);
  };

  /** The first outcome is kept; a repeat gets it again, another request under the key nothing. */
  const once = async <T>(who: RequestIdentity, work: () => Outcome<T>): Promise<Outcome<T>> => {
    const key = `${who.tenant}\u0000${who.keyHash}`;
    const before = keys.get(key);
    if (before === undefined) {
      const outcome = work();
      keys.set(key, { requestHash: who.requestHash, outcome });
      return outcome;
    }
    if (before.requestHash !== who.requestHash) return refused({ code: 'idempotency-key-reused' });
    return { ...(before.outcome as Outcome<T>), replayed: true };
  };

  const newId = (partition: number): string =>
    makeId(options.now().getTime(), partition, options.random(9));

  const plan = plans(newId, partitionMap);

  /** A way back to here. */
  const undoing = (tenant: string) => {
    const [before, told] = [stateOf(tenant), events.length];
    return () => {
      states.set(tenant, before);
      events.length = told;
    };
  };

  /** Ends at the first refusal of an atomic batch, and leaves what came before it to be undone. */
  const performBatch = (
    tenant: string,
    { atomic, items }: PostBatch,
    context: CallContext,
  ): Outcome<readonly BatchResult[]> => {
    const results: BatchResult[] = [];
    for (const [item, { isAway, ...wanted }] of plan.batch(items).entries()) {
      const done = isAway
        ? { refusal: { code: 'cross-shard-batch' } as const }
        : attempt(tenant, wanted, context);
      if ('value' in done) {
        results.push(done.value);
      } else if (atomic) {
        return refused({ code: 'batch-item-refused', item, refusal: done.refusal });
      } else {
        results.push({ type: 'refused', refusal: done.refusal });
      }
    }
    return accepted(results);
  };

  const asOfNow = (hold: Hold): Hold => ({ ...hold, status: statusAt(hold, options.now()) });

  return {
    events,
    async createAsset(tenant, asset, context) {
      const known = stateOf(tenant).assets.has(asset.code);
      const wanted = { type: 'createAsset', asset } as const;
      const outcome = perform(tenant, { command: wanted, value: () => asset }, context);
      return outcome.kind === 'accepted' ? { ...outcome, replayed: known } : outcome;
    },
    openAccount: (who, command, context) =>
      once(who, () => {
        const { tenant } = who;
        const { partitionKey } = command;
        const partition =
          partitionKey === null ? homePartition(tenant) : hashedPartition(tenant, partitionKey);
        const accountId = newId(partition);
        const value = (state: LedgerState) => existing(state.accounts.get(accountId));
        const wanted = { type: 'openAccount', accountId, command } as const;
        return perform(tenant, { command: wanted, value }, context);
      }),
    changeAccount: (who, accountId, change, context) =>
      once(who, () => {
        const value = (state: LedgerState) => existing(state.accounts.get(accountId));
        const wanted = { type: 'changeAccount', accountId, change } as const;
        return perform(who.tenant, { command: wanted, value }, context);
      }),
    patchMetadata: (who, accountId, patch, context) =>
      once(who, () => {
        const value = (state: LedgerState) => existing(state.accounts.get(accountId));
        const wanted = { type: 'patchMetadata', accountId, command: patch } as const;
        return perform(who.tenant, { command: wanted, value }, context);
      }),
    postTransfer: (who, command, context) =>
      once(who, () => perform(who.tenant, plan.transfer(command), context)),
    reverseTransfer: (who, transferId, command, context) =>
      once(who, () => perform(who.tenant, plan.reversal(transferId, command), context)),
    postBatch: (who, command, context) =>
      once(who, () => {
        const undo = undoing(who.tenant);
        const outcome = performBatch(who.tenant, command, context);
        if (outcome.kind === 'refused') undo();
        return outcome;
      }),
    async previewBatch(tenant, command, context) {
      const undo = undoing(tenant);
      const outcome = performBatch(tenant, command, context);
      undo();
      return outcome;
    },
    placeHold: (who, command, context) =>
      once(who, () => perform(who.tenant, plan.hold(command), context)),
    captureHold: (who, holdId, command, context) =>
      once(who, () => perform(who.tenant, plan.capture(holdId, command), context)),
    voidHold: (who, holdId, context) =>
      once(who, () => perform(who.tenant, plan.void(holdId), context)),
    async expireDue(limit, context) {
      const due = [...states].flatMap(([tenant, state]) =>
        [...state.holds.values()]
          .filter((hold) => hold.status === 'pending' && asOfNow(hold).status === 'expired')
          .map(({ holdId }) => ({ tenant, holdId })),
      );
      const taken = due.slice(0, limit);
      for (const { tenant, holdId } of taken) {
        const wanted = { type: 'expireHold', holdId } as const;
        perform(tenant, { command: wanted, value: () => undefined }, context);
      }
      return { expired: taken.length, failed: 0 };
    },
    async listAssets(tenant, page) {
      return pageOf([...stateOf(tenant).assets.values()], (asset) => asset.code, page);
    },
    async readAccount(tenant, accountId) {
      return stateOf(tenant).accounts.get(accountId);
    },
    async listAccounts(tenant, filter, page) {
      const all = [...stateOf(tenant).accounts.values()];
      const found = all.filter((account) => matchesAccount(filter, account));
      return pageOf(found, (account) => account.accountId, page);
    },
    async readTransfer(tenant, transferId) {
      return stateOf(tenant).transfers.get(transferId);
    },
    async listTransfers(tenant, filter, page) {
      const all = [...stateOf(tenant).transfers.values()];
      const found = all.filter((transfer) => matchesTransfer(filter, transfer));
      return pageOf(found, (transfer) => transfer.transferId, page);
    },
    async readHold(tenant, holdId) {
      const hold = stateOf(tenant).holds.get(holdId);
      return hold === undefined ? undefined : asOfNow(hold);
    },
    async listHolds(tenant, filter, page) {
      const all = [...stateOf(tenant).holds.values()].map(asOfNow);
      const found = all.filter((hold) => matchesHold(filter, hold));
      return pageOf(found, (hold) => hold.holdId, page);
    },
    async listEntries(tenant, accountId, filter, page) {
      const entries = stateOf(tenant).entries.get(accountId);
      if (entries === undefined) return undefined;
      const after = BigInt(page.after ?? '0');
      const later = entries.filter((entry) => entry.version > after && matchesEntry(filter, entry));
      const items = later.slice(0, page.limit);
      const last = items.at(-1);
      const more = later.length > page.limit && last !== undefined;
      return { items, next: more ? last.version.toString() : null };
    },
    async readBalance(tenant, accountId) {
      const state = stateOf(tenant);
      const account = state.accounts.get(accountId);
      if (account === undefined) return undefined;
      const { asset, version, postedDebits, postedCredits, pendingDebits, pendingCredits } =
        account;
      return {
        accountId,
        asset,
        version,
        postedDebits,
        postedCredits,
        pendingDebits,
        pendingCredits,
        balanceMinor: balanceOf(account),
        availableMinor: availableOf(account),
        recordedAt: existing(state.changedAt.get(accountId)),
      };
    },
    async readBalanceAsOf(tenant, accountId, asOf) {
      const state = stateOf(tenant);
      const account = state.accounts.get(accountId);
      if (account === undefined) return refused({ code: 'account-not-found', accountId });
      if (asOf > options.now()) return refused({ code: 'as-of-in-future' });
      const { asset, openedAt } = account;
      if (asOf < openedAt) return refused({ code: 'as-of-before-opening', accountId, openedAt });
      const last = lastEntryBy(asOf, state.entries.get(accountId) ?? []);
      const balanceMinor = last?.balanceAfterMinor ?? 0n;
      const pendingDebits = last?.pendingDebitsAfterMinor ?? 0n;
      return accepted({
        accountId,
        asset,
        version: last?.version ?? 1n,
        balanceMinor,
        availableMinor: balanceMinor - pendingDebits,
        pendingDebits,
        pendingCredits: last?.pendingCreditsAfterMinor ?? 0n,
        recordedAt: last?.recordedAt ?? openedAt,
      });
    },
    async readEffectiveBalance(tenant, accountId, effectiveAt) {
      const state = stateOf(tenant);
      const account = state.accounts.get(accountId);
      if (account === undefined) return undefined;
      return {
        accountId,
        asset: account.asset,
        version: account.version,
        balanceMinor: effectiveBalance(effectiveAt, state.entries.get(accountId) ?? []),
        recordedAt: existing(state.changedAt.get(accountId)),
      };
    },
    async trialBalance(tenant, page) {
      const accounts = [...stateOf(tenant).accounts.values()];
      const totals = Map.groupBy(accounts, (account) => account.asset);
      return {
        totals: [...totals]
          .map(([asset, all]) => ({
            asset,
            debitsMinor: all.reduce((sum, account) => sum + account.postedDebits, 0n),
            creditsMinor: all.reduce((sum, account) => sum + account.postedCredits, 0n),
          }))
          .sort((a, b) => (a.asset < b.asset ? -1 : 1)),
        lines: pageOf(
          accounts.map(({ accountId, name, asset, postedDebits, postedCredits }) => ({
            accountId,
            name,
            asset,
            debitsMinor: postedDebits,
            creditsMinor: postedCredits,
          })),
          (line) => line.accountId,
          page,
        ),
      };
    },
  };
};

const pageOf = <T>(all: readonly T[], idOf: (item: T) => string, page: PageRequest): Page<T> => {
  const sorted = [...all].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  const later = sorted.filter((item) => page.after === null || idOf(item) > page.after);
  const items = later.slice(0, page.limit);
  const last = items.at(-1);
  return { items, next: later.length > page.limit && last !== undefined ? idOf(last) : null };
};
