import type { PostTransfer, ReverseTransfer } from './ledger.ts';
import { transferEvents } from './model-events.ts';
import { mentions, transferRefusal } from './model-refusals.ts';
import {
  type Applied,
  type LedgerState,
  recordedAfter,
  type Surroundings,
  withValue,
} from './model-state.ts';
import {
  type Account,
  availableOf,
  type BalanceAfter,
  balanceOf,
  type Entry,
  type Posting,
  type Transfer,
} from './types.ts';

/** Posts all of a transfer, or refuses all of it. */
export const postTransfer = (
  state: LedgerState,
  transferId: string,
  command: PostTransfer,
  surroundings: Surroundings,
): Applied => {
  const refusal = transferRefusal(state, command, surroundings.partitionMap);
  return refusal === undefined
    ? postAccepted(state, plain(transferId), command, surroundings)
    : { refusal };
};

/** Takes back a transfer, posting by posting. */
export const reverseTransfer = (
  state: LedgerState,
  ids: { readonly transferId: string; readonly reverses: string },
  command: ReverseTransfer,
  surroundings: Surroundings,
): Applied => {
  const { transferId, reverses } = ids;
  const original = state.transfers.get(reverses);
  if (original === undefined) {
    return { refusal: { code: 'transfer-not-found', transferId: reverses } };
  }
  const earlier = [...state.transfers.values()].find((other) => other.reverses === reverses);
  if (earlier !== undefined) {
    const reversalId = earlier.transferId;
    return { refusal: { code: 'already-reversed', transferId: reverses, reversalId } };
  }
  const postings = original.postings.map(({ debitAccountId, creditAccountId, amountMinor }) => ({
    debitAccountId: creditAccountId,
    creditAccountId: debitAccountId,
    amountMinor,
  }));
  const transfer: PostTransfer = { ...command, postings };
  const refusal = transferRefusal(state, transfer, surroundings.partitionMap);
  return refusal === undefined
    ? postAccepted(state, { ...plain(transferId), reverses }, transfer, surroundings)
    : { refusal };
};

/** What a transfer is called, and what it comes from. */
type TransferIds = Pick<Transfer, 'transferId' | 'holdId' | 'reverses'>;

const plain = (transferId: string): TransferIds => ({ transferId, holdId: null, reverses: null });

/** Posts what nothing forbids: a transfer that was checked, or what a hold had reserved. */
export const postAccepted = (
  state: LedgerState,
  ids: TransferIds,
  command: PostTransfer,
  surroundings: Surroundings,
): Exclude<Applied, { refusal: unknown }> => {
  const { transferId, holdId } = ids;
  const touched = [...new Set(mentions(command))];
  const recordedAt = recordedAfter(state, touched, surroundings.now);
  const effectiveAt = command.effectiveAt ?? recordedAt;
  const sides = command.postings.flatMap((posting) =>
    sidesOf(posting).map((side): Side => ({ ...side, transferId, holdId, kind: 'posted' })),
  );
  const entered = enter(state, sides, { recordedAt, effectiveAt });
  const { accounts } = entered.state;
  const transfer: Transfer = {
    ...ids,
    postings: command.postings.map((posting) => ({
      ...posting,
      asset: known(accounts, posting.debitAccountId).asset,
    })),
    reference: command.reference,
    metadata: command.metadata,
    effectiveAt,
    recordedAt,
    balances: balancesAfter(entered.state, touched),
  };
  return {
    state: {
      ...entered.state,
      transfers: withValue(state.transfers, ids.transferId, transfer),
    },
    events: transferEvents(transfer, entered.written, surroundings),
  };
};

/** The accounts as they are now, as answers to writes carry them. */
export const balancesAfter = (
  { accounts }: LedgerState,
  accountIds: readonly string[],
): readonly BalanceAfter[] =>
  accountIds.map((accountId) => {
    const account = known(accounts, accountId);
    return {
      accountId,
      version: account.version,
      balanceMinor: balanceOf(account),
      availableMinor: availableOf(account),
    };
  });

/** An entry that is to be written. */
export type Side = Pick<
  Entry,
  'accountId' | 'direction' | 'amountMinor' | 'kind' | 'transferId' | 'holdId'
>;

/** The debited side first. */
export const sidesOf = ({ debitAccountId, creditAccountId, amountMinor }: Posting) => [
  { accountId: debitAccountId, direction: 'debit' as const, amountMinor },
  { accountId: creditAccountId, direction: 'credit' as const, amountMinor },
];

/** Writes entries, each with the next version of its account. */
export const enter = (
  state: LedgerState,
  sides: readonly Side[],
  times: { readonly recordedAt: Date; readonly effectiveAt: Date },
): { readonly state: LedgerState; readonly written: readonly Entry[] } => {
  const accounts = new Map(state.accounts);
  const written = sides.map((side): Entry => {
    const account = entered(known(accounts, side.accountId), side);
    accounts.set(side.accountId, account);
    return {
      ...side,
      ...times,
      version: account.version,
      balanceAfterMinor: balanceOf(account),
      pendingDebitsAfterMinor: account.pendingDebits,
      pendingCreditsAfterMinor: account.pendingCredits,
    };
  });
  const { recordedAt } = times;
  return {
    state: {
      ...state,
      accounts,
      changedAt: new Map([
        ...state.changedAt,
        ...sides.map(({ accountId }) => [accountId, recordedAt] as const),
      ]),
      entries: appended(state.entries, written),
    },
    written,
  };
};

const entered = (account: Account, { kind, direction, amountMinor }: Side): Account => {
  const pending = kind !== 'posted';
  const total = direction === 'debit' ? 'Debits' : 'Credits';
  const name = pending ? (`pending${total}` as const) : (`posted${total}` as const);
  const change = kind === 'released' ? -amountMinor : amountMinor;
  return { ...account, version: account.version + 1n, [name]: account[name] + change };
};

const appended = (
  entries: LedgerState['entries'],
  written: readonly Entry[],
): LedgerState['entries'] => {
  const all = new Map(entries);
  for (const entry of written) {
    all.set(entry.accountId, [...(all.get(entry.accountId) ?? []), entry]);
  }
  return all;
};

const known = (accounts: ReadonlyMap<string, Account>, accountId: string): Account => {
  const account = accounts.get(accountId);
  if (account === undefined) throw new Error('a checked account is gone');
  return account;
};
