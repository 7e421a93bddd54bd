import type { Direction, EntryKind, Metadata } from './types.ts';

/**
 * What the ledger tells the world. On the wire amounts, versions and times are strings; the JSON
 * Schemas in layers/kafka/schemas/ are the contract, these types follow them.
 */
export type LedgerTopic = 'ledger.transfer.v1' | 'ledger.account.v1' | 'ledger.hold.v1';

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
  readonly holdId: string | null;
  /** The transfer that this one takes back. */
  readonly reverses: string | null;
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
  readonly transferId: string | null;
  readonly holdId: string | null;
  readonly asset: string;
  readonly kind: EntryKind;
  readonly direction: Direction;
  readonly amount: string;
  readonly balanceAfter: string;
  readonly pendingDebitsAfter: string;
  readonly pendingCreditsAfter: string;
  readonly effectiveAt: string;
}

export interface AccountMetadataChanged extends OfAccount {
  /** All of it, as it is now. */
  readonly metadata: Metadata;
  readonly metadataVersion: number;
}

export type AccountFrozen = OfAccount;
export type AccountUnfrozen = OfAccount;
export type AccountClosed = OfAccount;

interface OfHold {
  readonly holdId: string;
  readonly tenant: string;
  /** Dense per hold. */
  readonly version: string;
  readonly recordedAt: string;
}

export interface HoldPlaced extends OfHold {
  readonly debitAccountId: string;
  readonly creditAccountId: string;
  readonly asset: string;
  readonly amount: string;
  readonly expiresAt: string | null;
  readonly reference: string | null;
  readonly metadata: Metadata;
}

export interface HoldCaptured extends OfHold {
  readonly transferId: string;
  readonly amount: string;
  /** What was released with it: "0" unless it was the final capture of a part. */
  readonly released: string;
  /** What stays reserved. */
  readonly remaining: string;
}

export interface HoldReleased extends OfHold {
  readonly released: string;
}

export interface LedgerEvents {
  readonly TransferPosted: TransferPosted;
  readonly AccountOpened: AccountOpened;
  readonly AccountEntered: AccountEntered;
  readonly AccountMetadataChanged: AccountMetadataChanged;
  readonly AccountFrozen: AccountFrozen;
  readonly AccountUnfrozen: AccountUnfrozen;
  readonly AccountClosed: AccountClosed;
  readonly HoldPlaced: HoldPlaced;
  readonly HoldCaptured: HoldCaptured;
  readonly HoldVoided: HoldReleased;
  readonly HoldExpired: HoldReleased;
}

export type LedgerEventType = keyof LedgerEvents;

/** The newest version of each event's schema, which is the one that is written. */
export const eventSchemaVersions: Readonly<Record<LedgerEventType, number>> = {
  TransferPosted: 2,
  AccountOpened: 1,
  AccountEntered: 2,
  AccountMetadataChanged: 1,
  AccountFrozen: 1,
  AccountUnfrozen: 1,
  AccountClosed: 1,
  HoldPlaced: 1,
  HoldCaptured: 1,
  HoldVoided: 1,
  HoldExpired: 1,
};

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
