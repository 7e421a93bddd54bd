import type { Direction, Metadata } from './types.ts';

/**
 * What the ledger tells the world. On the wire amounts, versions and times are strings; the JSON
 * Schemas in layers/kafka/schemas/ are the contract, these types follow them.
 */
export type LedgerTopic = 'ledger.transfer.v1' | 'ledger.account.v1';

export interface TransferPosted {
  readonly transferId: string;
  readonly tenant: string;
  readonly postings: readonly {
    readonly debitAccountId: string;
    readonly creditAccountId: string;
    readonly asset: string;
    readonly amount: string;
  }[];
  readonly reference: string | null;
  readonly metadata: Metadata;
  readonly effectiveAt: string;
  readonly recordedAt: string;
}

interface OfAccount {
  readonly accountId: string;
  readonly tenant: string;
  /** Dense per account; consumers ignore what is at or below the version they have. */
  readonly version: string;
  readonly recordedAt: string;
}

export interface AccountOpened extends OfAccount {
  readonly asset: string;
  readonly name: string | null;
  readonly minBalance: string | null;
  readonly maxBalance: string | null;
  readonly metadata: Metadata;
}

export interface AccountEntered extends OfAccount {
  readonly transferId: string;
  readonly asset: string;
  readonly kind: 'posted' | 'pending';
  readonly direction: Direction;
  readonly amount: string;
  readonly balanceAfter: string;
  readonly pendingDebitsAfter: string;
  readonly pendingCreditsAfter: string;
  readonly effectiveAt: string;
}

export type AccountFrozen = OfAccount;
export type AccountUnfrozen = OfAccount;
export type AccountClosed = OfAccount;

export interface LedgerEvents {
  readonly TransferPosted: TransferPosted;
  readonly AccountOpened: AccountOpened;
  readonly AccountEntered: AccountEntered;
  readonly AccountFrozen: AccountFrozen;
  readonly AccountUnfrozen: AccountUnfrozen;
  readonly AccountClosed: AccountClosed;
}

export type LedgerEventType = keyof LedgerEvents;

/** An event with what identifies and routes it. `eventId` is the same however often it is sent. */
export interface EventMessage {
  readonly eventId: string;
  readonly type: LedgerEventType;
  readonly schemaVersion: number;
  readonly topic: LedgerTopic;
  /** The aggregate: Kafka's message key, so one aggregate's events keep their order. */
  readonly key: string;
  readonly tenant: string;
  readonly traceparent: string | null;
  readonly data: LedgerEvents[LedgerEventType];
}
