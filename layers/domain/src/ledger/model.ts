import { partitionOfId } from '../ids.ts';
import type { PartitionMap } from '../partitions.ts';
import type { AccountChange, OpenAccount, PostTransfer } from './ledger.ts';
import { type ModelEvent, postingEvents } from './model-events.ts';
import type { Refusal } from './refusals.ts';
import {
  type Account,
  type Asset,
  availableOf,
  balanceOf,
  type Entry,
  maxAmountMinor,
  type Transfer,
} from './types.ts';

/**
 * The reference model of one tenant's ledger: what every implementation must do, as a pure function
 * from a state and a command to a new state and its events, or to a refusal. Ids and times are
 * arguments. It is written for reading, not for speed; the contract suite holds it and the SQL
 * functions to the same behaviour.
 */
export interface LedgerState {
  readonly assets: ReadonlyMap<string, Asset>;
  readonly accounts: ReadonlyMap<string, Account>;
  readonly entries: ReadonlyMap<string, readonly Entry[]>;
  readonly transfers: ReadonlyMap<string, Transfer>;
}

export const emptyLedger: LedgerState = {
  assets: new Map(),
  accounts: new Map(),
  entries: new Map(),
  transfers: new Map(),
};

export type LedgerCommand =
  | { readonly type: 'createAsset'; readonly asset: Asset }
  | { readonly type: 'openAccount'; readonly accountId: string; readonly command: OpenAccount }
  | {
      readonly type: 'changeAccount';
      readonly accountId: string;
      readonly change: AccountChange;
    }
  | { readonly type: 'postTransfer'; readonly transferId: string; readonly command: PostTransfer };

export interface Surroundings {
  readonly tenant: string;
  readonly now: Date;
  readonly partitionMap: PartitionMap;
}

export type Applied =
  | { readonly state: LedgerState; readonly events: readonly ModelEvent[] }
  | { readonly refusal: Refusal };

export const apply = (
  state: LedgerState,
  command: LedgerCommand,
  surroundings: Surroundings,
): Applied => {
  switch (command.type) {
    case 'createAsset':
      return createAsset(state, command.asset);
    case 'openAccount':
      return openAccount(state, command.accountId, command.command, surroundings);
    case 'changeAccount':
      return changeAccount(state, command.accountId, command.change, surroundings);
    default:
      return postTransfer(state, command.transferId, command.command, surroundings);
  }
};

const replaced = <V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> =>
  new Map(map).set(key, value);

const createAsset = (state: LedgerState, asset: Asset): Applied => {
  const existing = state.assets.get(asset.code);
  if (existing !== undefined && existing.scale !== asset.scale) {
    const refusal = { code: 'asset-conflict', asset: asset.code } as const;
    return { refusal: { ...refusal, existingScale: existing.scale } };
  }
  return { state: { ...state, assets: replaced(state.assets, asset.code, asset) }, events: [] };
};

const openAccount = (
  state: LedgerState,
  accountId: string,
  command: OpenAccount,
  { tenant, now }: Surroundings,
): Applied => {
  if (!state.assets.has(command.asset)) {
    return { refusal: { code: 'asset-not-found', asset: command.asset } };
  }
  const { asset, name, minBalance, maxBalance, metadata } = command;
  const account: Account = {
    accountId,
    asset,
    name,
    minBalance,
    maxBalance,
    metadata,
    status: 'open',
    version: 1n,
    postedDebits: 0n,
    postedCredits: 0n,
    pendingDebits: 0n,
    pendingCredits: 0n,
    metadataVersion: 1,
    openedAt: now,
  };
  return {
    state: {
      ...state,
      accounts: replaced(state.accounts, accountId, account),
      entries: replaced(state.entries, accountId, []),
    },
    events: [{ type: 'AccountOpened', key: accountId, version: 1n, tenant }],
  };
};

const changed = { freeze: 'frozen', unfreeze: 'open', close: 'closed' } as const;
const changeEvents = {
  freeze: 'AccountFrozen',
  unfreeze: 'AccountUnfrozen',
  close: 'AccountClosed',
} as const;

const changeAccount = (
  state: LedgerState,
  accountId: string,
  change: AccountChange,
  { tenant }: Surroundings,
): Applied => {
  const account = state.accounts.get(accountId);
  if (account === undefined) return { refusal: { code: 'account-not-found', accountId } };
  if (account.status === 'closed') return { refusal: { code: 'account-closed', accountId } };
  const empty =
    balanceOf(account) === 0n && account.pendingDebits === 0n && account.pendingCredits === 0n;
  if (change === 'close' && !empty) return { refusal: { code: 'account-not-empty', accountId } };
  const status = changed[change];
  if (account.status === status) return { state, events: [] };
  const version = account.version + 1n;
  return {
    state: {
      ...state,
      accounts: replaced(state.accounts, accountId, { ...account, status, version }),
    },
    events: [{ type: changeEvents[change], key: accountId, version, tenant }],
  };
};

/**
 * The first thing that forbids the transfer. The order is part of the contract: what can be told
 * without an account; then existence, status and asset, posting by posting; then overflow, posting
 * by posting; then limits, account by account, in the order of first mention.
 */
const refusalOf = (
  state: LedgerState,
  command: PostTransfer,
  { partitionMap }: Surroundings,
): Refusal | undefined => {
  const { postings } = command;
  const same = postings.find((p) => p.debitAccountId === p.creditAccountId);
  if (same !== undefined) return { code: 'same-account', accountId: same.debitAccountId };
  const shardOf = (id: string) => partitionMap.owners[partitionOfId(id)]?.shard;
  const first = postings[0]?.debitAccountId ?? '';
  for (const id of mentions(command)) {
    if (shardOf(id) !== shardOf(first)) {
      return { code: 'cross-shard-transfer', accountIds: [first, id] };
    }
  }
  for (const { debitAccountId, creditAccountId } of postings) {
    const debit = state.accounts.get(debitAccountId);
    const credit = state.accounts.get(creditAccountId);
    if (debit === undefined) return { code: 'account-not-found', accountId: debitAccountId };
    if (credit === undefined) return { code: 'account-not-found', accountId: creditAccountId };
    for (const { status, accountId } of [debit, credit]) {
      if (status === 'closed') return { code: 'account-closed', accountId };
      if (status === 'frozen') return { code: 'account-frozen', accountId };
    }
    if (debit.asset !== credit.asset) {
      return { code: 'asset-mismatch', debitAccountId, creditAccountId };
    }
  }
  return overflowOf(state, command) ?? limitOf(state, command);
};

const mentions = (command: PostTransfer): string[] =>
  command.postings.flatMap((p) => [p.debitAccountId, p.creditAccountId]);

const overflowOf = (state: LedgerState, command: PostTransfer): Refusal | undefined => {
  const debits = new Map<string, bigint>();
  const credits = new Map<string, bigint>();
  const exceeds = (totals: Map<string, bigint>, id: string, before: bigint, amount: bigint) => {
    const total = (totals.get(id) ?? before) + amount;
    totals.set(id, total);
    return total > maxAmountMinor;
  };
  for (const { debitAccountId, creditAccountId, amountMinor } of command.postings) {
    const debited = state.accounts.get(debitAccountId)?.postedDebits ?? 0n;
    const credited = state.accounts.get(creditAccountId)?.postedCredits ?? 0n;
    if (exceeds(debits, debitAccountId, debited, amountMinor)) {
      return { code: 'amount-overflow', accountId: debitAccountId };
    }
    if (exceeds(credits, creditAccountId, credited, amountMinor)) {
      return { code: 'amount-overflow', accountId: creditAccountId };
    }
  }
  return undefined;
};

/** A limit binds only who moves towards it: a transfer may always improve matters. */
const limitOf = (state: LedgerState, command: PostTransfer): Refusal | undefined => {
  for (const accountId of new Set(mentions(command))) {
    const account = state.accounts.get(accountId);
    if (account === undefined) continue;
    const delta = command.postings.reduce((sum, p) => {
      if (p.creditAccountId === accountId) return sum + p.amountMinor;
      return p.debitAccountId === accountId ? sum - p.amountMinor : sum;
    }, 0n);
    const { minBalance, maxBalance } = account;
    const available = availableOf(account);
    if (delta < 0n && minBalance !== null && available + delta < minBalance) {
      const amounts = { availableMinor: available, minBalanceMinor: minBalance };
      return { code: 'insufficient-funds', accountId, ...amounts };
    }
    const balance = balanceOf(account);
    if (
      delta > 0n &&
      maxBalance !== null &&
      balance + delta + account.pendingCredits > maxBalance
    ) {
      const amounts = { balanceMinor: balance, maxBalanceMinor: maxBalance };
      return { code: 'balance-limit-exceeded', accountId, ...amounts };
    }
  }
  return undefined;
};

const postTransfer = (
  state: LedgerState,
  transferId: string,
  command: PostTransfer,
  surroundings: Surroundings,
): Applied => {
  const refusal = refusalOf(state, command, surroundings);
  if (refusal !== undefined) return { refusal };
  const accounts = new Map(state.accounts);
  const entries = new Map(state.entries);
  const recordedAt = surroundings.now;
  const effectiveAt = command.effectiveAt ?? recordedAt;
  for (const { debitAccountId, creditAccountId, amountMinor } of command.postings) {
    for (const [accountId, direction] of [
      [debitAccountId, 'debit'],
      [creditAccountId, 'credit'],
    ] as const) {
      const before = accounts.get(accountId);
      if (before === undefined) throw new Error('a checked account is gone');
      const account: Account = {
        ...before,
        version: before.version + 1n,
        postedDebits: before.postedDebits + (direction === 'debit' ? amountMinor : 0n),
        postedCredits: before.postedCredits + (direction === 'credit' ? amountMinor : 0n),
      };
      accounts.set(accountId, account);
      const entry: Entry = {
        accountId,
        version: account.version,
        transferId,
        kind: 'posted',
        direction,
        amountMinor,
        balanceAfterMinor: balanceOf(account),
        pendingDebitsAfterMinor: account.pendingDebits,
        pendingCreditsAfterMinor: account.pendingCredits,
        effectiveAt,
        recordedAt,
      };
      entries.set(accountId, [...(entries.get(accountId) ?? []), entry]);
    }
  }
  const transfer: Transfer = {
    transferId,
    postings: command.postings.map((posting) => ({
      ...posting,
      asset: accounts.get(posting.debitAccountId)?.asset ?? '',
    })),
    reference: command.reference,
    metadata: command.metadata,
    effectiveAt,
    recordedAt,
    balances: [...new Set(mentions(command))].flatMap((accountId) => {
      const account = accounts.get(accountId);
      return account === undefined
        ? []
        : [
            {
              accountId,
              version: account.version,
              balanceMinor: balanceOf(account),
              availableMinor: availableOf(account),
            },
          ];
    }),
  };
  return {
    state: {
      ...state,
      accounts,
      entries,
      transfers: replaced(state.transfers, transferId, transfer),
    },
    events: postingEvents(transfer, state, surroundings.tenant),
  };
};
