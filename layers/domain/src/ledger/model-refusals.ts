import { partitionOfId } from '../ids.ts';
import type { PartitionMap } from '../partitions.ts';
import type { PostTransfer } from './ledger.ts';
import type { LedgerState } from './model-state.ts';
import type { ItemRefusal } from './refusals.ts';
import { type Account, availableOf, balanceOf, maxAmountMinor } from './types.ts';

/** Every account a transfer names, debit before credit, posting by posting, with repetitions. */
export const mentions = (command: PostTransfer): readonly string[] =>
  command.postings.flatMap((p) => [p.debitAccountId, p.creditAccountId]);

/**
 * The first thing that forbids the transfer, or a hold of one posting. The order is part of the contract: what can be told
 * without an account; then existence, status and asset, posting by posting; then overflow, posting
 * by posting; then limits, account by account, in the order of first mention.
 */
export const transferRefusal = (
  state: LedgerState,
  command: PostTransfer,
  partitionMap: PartitionMap,
): ItemRefusal | undefined =>
  shapeRefusal(command, partitionMap) ??
  accountsRefusal(state, command) ??
  overflowRefusal(state, command) ??
  limitRefusal(state, command);

const shapeRefusal = (
  command: PostTransfer,
  partitionMap: PartitionMap,
): ItemRefusal | undefined => {
  const same = command.postings.find((p) => p.debitAccountId === p.creditAccountId);
  if (same !== undefined) return { code: 'same-account', accountId: same.debitAccountId };
  const shardOf = (id: string) => partitionMap.owners[partitionOfId(id)]?.shard;
  const [first = '', ...others] = mentions(command);
  const away = others.find((id) => shardOf(id) !== shardOf(first));
  return away === undefined
    ? undefined
    : { code: 'cross-shard-transfer', accountIds: [first, away] };
};

const accountsRefusal = (state: LedgerState, command: PostTransfer): ItemRefusal | undefined => {
  for (const { debitAccountId, creditAccountId } of command.postings) {
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
  return undefined;
};

const overflowRefusal = (state: LedgerState, command: PostTransfer): ItemRefusal | undefined => {
  const debits = new Map<string, bigint>();
  const credits = new Map<string, bigint>();
  const exceeds = (totals: Map<string, bigint>, id: string, before: bigint, amount: bigint) => {
    const total = (totals.get(id) ?? before) + amount;
    totals.set(id, total);
    return total > maxAmountMinor;
  };
  for (const { debitAccountId, creditAccountId, amountMinor } of command.postings) {
    const debited = totalOf(state.accounts.get(debitAccountId), 'Debits');
    const credited = totalOf(state.accounts.get(creditAccountId), 'Credits');
    if (exceeds(debits, debitAccountId, debited, amountMinor)) {
      return { code: 'amount-overflow', accountId: debitAccountId };
    }
    if (exceeds(credits, creditAccountId, credited, amountMinor)) {
      return { code: 'amount-overflow', accountId: creditAccountId };
    }
  }
  return undefined;
};

/** What is pending counts: so whatever was reserved can be captured. */
const totalOf = (account: Account | undefined, side: 'Debits' | 'Credits'): bigint =>
  account === undefined ? 0n : account[`posted${side}`] + account[`pending${side}`];

/** A limit binds only who moves towards it: a transfer may always improve matters. */
const limitRefusal = (state: LedgerState, command: PostTransfer): ItemRefusal | undefined => {
  for (const accountId of new Set(mentions(command))) {
    const account = state.accounts.get(accountId);
    if (account === undefined) continue;
    const { minBalance, maxBalance, pendingCredits } = account;
    const available = availableOf(account);
    const balance = balanceOf(account);
    const change = command.postings.reduce((sum, p) => {
      if (p.creditAccountId === accountId) return sum + p.amountMinor;
      return p.debitAccountId === accountId ? sum - p.amountMinor : sum;
    }, 0n);
    if (change < 0n && minBalance !== null && available + change < minBalance) {
      const amounts = { availableMinor: available, minBalanceMinor: minBalance };
      return { code: 'insufficient-funds', accountId, ...amounts };
    }
    if (change > 0n && maxBalance !== null && balance + change + pendingCredits > maxBalance) {
      const amounts = { balanceMinor: balance, maxBalanceMinor: maxBalance };
      return { code: 'balance-limit-exceeded', accountId, ...amounts };
    }
  }
  return undefined;
};
