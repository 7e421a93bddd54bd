import type { AccountEntered, AccountOpened } from './ledger/events.ts';
import type { CallContext } from './ledger/ledger.ts';
import type { AccountStatus } from './ledger/types.ts';

/** The read model of balances: derived from events, eventually consistent, a key-value lookup. */
export interface ViewedBalance {
  readonly accountId: string;
  readonly asset: string;
  readonly status: AccountStatus;
  readonly version: bigint;
  readonly balanceMinor: bigint;
  readonly pendingDebitsMinor: bigint;
  readonly pendingCreditsMinor: bigint;
  /** When the event that made this state was recorded, and when it reached the view. */
  readonly recordedAt: Date;
  readonly projectedAt: Date;
}

export type BalanceChange =
  | { readonly type: 'AccountOpened'; readonly event: AccountOpened }
  | { readonly type: 'AccountEntered'; readonly event: AccountEntered }
  | {
      readonly type:
        | 'AccountFrozen'
        | 'AccountUnfrozen'
        | 'AccountClosed'
        | 'AccountMetadataChanged';
      readonly event: {
        readonly accountId: string;
        readonly tenant: string;
        readonly version: string;
        readonly recordedAt: string;
      };
    };

export interface BalanceView {
  read(tenant: string, accountId: string, context: CallContext): Promise<ViewedBalance | undefined>;
  /**
   * Applies a change unless the view is already at its version or beyond. True when it changed the
   * view. Safe to repeat and to run from several consumers at once.
   */
  apply(change: BalanceChange, context: CallContext): Promise<boolean>;
}
