import type {
  Account,
  AccountStatus,
  Direction,
  Entry,
  EntryKind,
  Hold,
  HoldStatus,
  Metadata,
  Posting,
  Transfer,
} from './types.ts';
import { balanceOf } from './types.ts';

/** What a list is narrowed to; what is left out narrows nothing, and all that is given must hold. */

/** The first bound is included, the second is not. */
export interface TimeRange {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** Both bounds are included. */
export interface AmountRange {
  readonly from?: bigint | undefined;
  readonly to?: bigint | undefined;
}

export interface AccountFilter {
  readonly asset?: string | undefined;
  readonly name?: string | undefined;
  readonly status?: AccountStatus | undefined;
  readonly opened?: TimeRange;
  readonly balance?: AmountRange;
  /** Pairs that it has, among others. */
  readonly metadata?: Metadata | undefined;
}

export interface TransferFilter {
  /** On either side of a posting. */
  readonly accountId?: string | undefined;
  readonly recorded?: TimeRange;
  readonly effective?: TimeRange;
  /** Of a posting; where an account is given, of one that touches it. */
  readonly amount?: AmountRange;
  readonly reference?: string | undefined;
  readonly metadata?: Metadata | undefined;
}

export interface EntryFilter {
  readonly kind?: EntryKind | undefined;
  readonly direction?: Direction | undefined;
  readonly recorded?: TimeRange;
  readonly effective?: TimeRange;
  readonly amount?: AmountRange;
}

export interface HoldFilter {
  /** On either side. */
  readonly accountId?: string | undefined;
  readonly status?: HoldStatus | undefined;
  readonly placed?: TimeRange;
  readonly amount?: AmountRange;
  readonly reference?: string | undefined;
  readonly metadata?: Metadata | undefined;
}

const isOrAny = <T>(wanted: T | undefined, value: T): boolean =>
  wanted === undefined || wanted === value;

const isDuring = (range: TimeRange | undefined, time: Date): boolean =>
  (range?.from === undefined || time >= range.from) && (range?.to === undefined || time < range.to);

const isWithin = (range: AmountRange | undefined, amount: bigint): boolean =>
  (range?.from === undefined || amount >= range.from) &&
  (range?.to === undefined || amount <= range.to);

const hasPairs = (wanted: Metadata | undefined, metadata: Metadata): boolean =>
  Object.entries(wanted ?? {}).every(
    ([key, value]) => Object.hasOwn(metadata, key) && metadata[key] === value,
  );

const touches = (wanted: string | undefined, posting: Posting): boolean =>
  wanted === undefined || posting.debitAccountId === wanted || posting.creditAccountId === wanted;

export const matchesAccount = (filter: AccountFilter, account: Account): boolean =>
  isOrAny(filter.asset, account.asset) &&
  isOrAny<string | null>(filter.name, account.name) &&
  isOrAny(filter.status, account.status) &&
  isDuring(filter.opened, account.openedAt) &&
  isWithin(filter.balance, balanceOf(account)) &&
  hasPairs(filter.metadata, account.metadata);

export const matchesTransfer = (filter: TransferFilter, transfer: Transfer): boolean =>
  transfer.postings.some(
    (posting) => touches(filter.accountId, posting) && isWithin(filter.amount, posting.amountMinor),
  ) &&
  isDuring(filter.recorded, transfer.recordedAt) &&
  isDuring(filter.effective, transfer.effectiveAt) &&
  isOrAny<string | null>(filter.reference, transfer.reference) &&
  hasPairs(filter.metadata, transfer.metadata);

export const matchesEntry = (filter: EntryFilter, entry: Entry): boolean =>
  isOrAny(filter.kind, entry.kind) &&
  isOrAny(filter.direction, entry.direction) &&
  isDuring(filter.recorded, entry.recordedAt) &&
  isDuring(filter.effective, entry.effectiveAt) &&
  isWithin(filter.amount, entry.amountMinor);

export const matchesHold = (filter: HoldFilter, hold: Hold): boolean =>
  touches(filter.accountId, hold) &&
  isOrAny(filter.status, hold.status) &&
  isDuring(filter.placed, hold.placedAt) &&
  isWithin(filter.amount, hold.amountMinor) &&
  isOrAny<string | null>(filter.reference, hold.reference) &&
  hasPairs(filter.metadata, hold.metadata);
