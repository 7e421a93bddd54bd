import {
  accepted,
  type CallContext,
  type EffectiveBalance,
  type Outcome,
  type PastBalance,
  refused,
} from '@atlas/domain';
import type { Router } from './router.ts';
import { statements } from './statements.ts';

interface PastRow extends Record<string, unknown> {
  readonly outcome: 'found' | 'before-opening' | 'in-future';
  readonly asset: string;
  readonly opened_at: Date;
  readonly version: bigint;
  readonly balance: bigint;
  readonly pending_debits: bigint;
  readonly pending_credits: bigint;
  readonly recorded_at: Date;
}

export const readBalanceAsOf = async (
  router: Router,
  tenant: string,
  accountId: string,
  asOf: Date,
  context: CallContext,
): Promise<Outcome<PastBalance>> => {
  const [row] = await router
    .shardOfId(accountId)
    .run<PastRow>(statements.balanceAsOf, [tenant, accountId, asOf], {
      deadline: context.deadline,
      effect: 'read',
    });
  if (row === undefined) return refused({ code: 'account-not-found', accountId });
  if (row.outcome === 'in-future') return refused({ code: 'as-of-in-future' });
  if (row.outcome === 'before-opening') {
    return refused({ code: 'as-of-before-opening', accountId, openedAt: row.opened_at });
  }
  return accepted({
    accountId,
    asset: row.asset,
    version: row.version,
    balanceMinor: row.balance,
    availableMinor: row.balance - row.pending_debits,
    pendingDebits: row.pending_debits,
    pendingCredits: row.pending_credits,
    recordedAt: row.recorded_at,
  });
};

interface EffectiveRow extends Record<string, unknown> {
  readonly asset: string;
  readonly version: bigint;
  /** A numeric, which pg reads as text: it is a sum. */
  readonly balance: string;
  readonly recorded_at: Date;
}

export const readEffectiveBalance = async (
  router: Router,
  tenant: string,
  accountId: string,
  effectiveAt: Date,
  context: CallContext,
): Promise<EffectiveBalance | undefined> => {
  const [row] = await router
    .shardOfId(accountId)
    .run<EffectiveRow>(statements.balanceEffectiveAt, [tenant, accountId, effectiveAt], {
      deadline: context.deadline,
      effect: 'read',
    });
  if (row === undefined) return undefined;
  return {
    accountId,
    asset: row.asset,
    version: row.version,
    balanceMinor: BigInt(row.balance),
    recordedAt: row.recorded_at,
  };
};
