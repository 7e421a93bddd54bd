import type { BalanceAfter } from '@atlas/domain';

/** An account as an answer stores it (ledger.apply_items): amounts are text. */
export interface StoredBalance {
  readonly accountId: string;
  readonly version: string;
  readonly balanceMinor: string;
  readonly availableMinor: string;
}

export const balanceOf = (stored: StoredBalance): BalanceAfter => ({
  accountId: stored.accountId,
  version: BigInt(stored.version),
  balanceMinor: BigInt(stored.balanceMinor),
  availableMinor: BigInt(stored.availableMinor),
});
