import type { PostTransfer } from './ledger.ts';
import { transferEvents } from './model-events.ts';
import { mentions, transferRefusal } from './model-refusals.ts';
import {
  type Applied,
  type LedgerState,
  recordedAfter,
  type Surroundings,
  withValue,
} from './model-state.ts';
import { type Account, availableOf, balanceOf, type Entry, type Transfer } from './types.ts';

/** Posts all of a transfer, or refuses all of it. */
export const postTransfer = (
  state: LedgerState,
  transferId: string,
  command: PostTransfer,
  surroundings: Surroundings,
): Applied => {
  const refusal = transferRefusal(state, command, surroundings.partitionMap);
  if (refusal !== undefined) return { refusal };
  const touched = [...new Set(mentions(command))];
  const recordedAt = recordedAfter(state, touched, surroundings.now);
  const effectiveAt = command.effectiveAt ?? recordedAt;
  const { accounts, written } = enter(state, transferId, command, { recordedAt, effectiveAt });
  const transfer: Transfer = {
    transferId,
    postings: command.postings.map((posting) => ({
      ...posting,
      asset: known(accounts, posting.debitAccountId).asset,
    })),
    reference: command.reference,
    metadata: command.metadata,
    effectiveAt,
    recordedAt,
    balances: touched.map((accountId) => {
      const account = known(accounts, accountId);
      return {
        accountId,
        version: account.version,
        balanceMinor: balanceOf(account),
        availableMinor: availableOf(account),
      };
    }),
  };
  return {
    state: {
      ...state,
      accounts,
      changedAt: new Map([...state.changedAt, ...touched.map((id) => [id, recordedAt] as const)]),
      entries: appended(state.entries, written),
      transfers: withValue(state.transfers, transferId, transfer),
    },
    events: transferEvents(transfer, written, surroundings),
  };
};

/** One entry a side of each posting, each with the next version of its account. */
const enter = (
  state: LedgerState,
  transferId: string,
  command: PostTransfer,
  times: { readonly recordedAt: Date; readonly effectiveAt: Date },
) => {
  const accounts = new Map(state.accounts);
  const sides = command.postings.flatMap((posting) => [
    { ...posting, accountId: posting.debitAccountId, direction: 'debit' as const },
    { ...posting, accountId: posting.creditAccountId, direction: 'credit' as const },
  ]);
  const written = sides.map(({ accountId, direction, amountMinor }): Entry => {
    const before = known(accounts, accountId);
    const account: Account = {
      ...before,
      version: before.version + 1n,
      postedDebits: before.postedDebits + (direction === 'debit' ? amountMinor : 0n),
      postedCredits: before.postedCredits + (direction === 'credit' ? amountMinor : 0n),
    };
    accounts.set(accountId, account);
    return {
      accountId,
      version: account.version,
      transferId,
      kind: 'posted',
      direction,
      amountMinor,
      balanceAfterMinor: balanceOf(account),
      pendingDebitsAfterMinor: account.pendingDebits,
      pendingCreditsAfterMinor: account.pendingCredits,
      ...times,
    };
  });
  return { accounts, written };
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
