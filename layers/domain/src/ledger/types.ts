import type { ItemRefusal } from './refusals.ts';

/** The nouns of the ledger. Amounts are integers in minor units; ids are UUIDv7 (see ids.ts). */

/** The greatest amount or total: a Postgres bigint. */
export const maxAmountMinor = 2n ** 63n - 1n;
export const maxPostings = 100;
/** Of a batch, and of all the postings of its transfers together. */
export const maxBatchItems = 500;
export const maxBatchPostings = 1_000;

export interface Asset {
  readonly code: string;
  /** Digits after the decimal point: 2 for EUR, 0 for JPY, at most 18. */
  readonly scale: number;
}

export type AccountStatus = 'open' | 'frozen' | 'closed';

export interface Totals {
  readonly postedDebits: bigint;
  readonly postedCredits: bigint;
  readonly pendingDebits: bigint;
  readonly pendingCredits: bigint;
}

export interface Account extends Totals {
  readonly accountId: string;
  readonly asset: string;
  readonly name: string | null;
  /** The least posted balance net of pending debits; null means unlimited. */
  readonly minBalance: bigint | null;
  readonly maxBalance: bigint | null;
  readonly status: AccountStatus;
  /** Dense over everything that happens to the account: opened is 1, each entry or change adds 1. */
  readonly version: bigint;
  readonly metadata: Metadata;
  readonly metadataVersion: number;
  readonly openedAt: Date;
}

export const maxMetadataPairs = 50;

/** Free text pairs: at most 50, keys of 1 to 64 characters, values of up to 512. */
export type Metadata = Readonly<Record<string, string>>;

/** balance = credits − debits, posted. */
export const balanceOf = (totals: Totals): bigint => totals.postedCredits - totals.postedDebits;

/** What may still be spent: the posted balance net of pending debits. */
export const availableOf = (totals: Totals): bigint => balanceOf(totals) - totals.pendingDebits;

export interface Posting {
  readonly debitAccountId: string;
  readonly creditAccountId: string;
  readonly amountMinor: bigint;
}

export interface PostedPosting extends Posting {
  readonly asset: string;
}

/** An account as a transfer left it; answers carry it, so nobody needs a read after a write. */
export interface BalanceAfter {
  readonly accountId: string;
  readonly version: bigint;
  readonly balanceMinor: bigint;
  readonly availableMinor: bigint;
}

export interface Transfer {
  readonly transferId: string;
  readonly postings: readonly PostedPosting[];
  readonly reference: string | null;
  readonly metadata: Metadata;
  readonly effectiveAt: Date;
  readonly recordedAt: Date;
  /** The hold that this transfer captured from; null for a transfer that was posted as such. */
  readonly holdId: string | null;
  /** The transfer that this one takes back; null for any other. */
  readonly reverses: string | null;
  /** One per touched account, in the order of first mention, as of this transfer's last entry on it. */
  readonly balances: readonly BalanceAfter[];
}

export type Direction = 'debit' | 'credit';

/**
 * What an entry adds its amount to, on the side that its direction names: `posted` to the posted
 * total, `pending` to the pending one; `released` takes it off the pending total again.
 */
export type EntryKind = 'posted' | 'pending' | 'released';

/** One line per side of what moved. Append-only; the account row is a snapshot of their fold. */
export interface Entry {
  readonly accountId: string;
  readonly version: bigint;
  /** The transfer that wrote it; null where a hold did. */
  readonly transferId: string | null;
  /** The hold that wrote it, or from which the transfer captured. */
  readonly holdId: string | null;
  readonly kind: EntryKind;
  readonly direction: Direction;
  readonly amountMinor: bigint;
  readonly balanceAfterMinor: bigint;
  readonly pendingDebitsAfterMinor: bigint;
  readonly pendingCreditsAfterMinor: bigint;
  readonly effectiveAt: Date;
  readonly recordedAt: Date;
}

export type HoldStatus = 'pending' | 'captured' | 'voided' | 'expired';

/**
 * A pending posting: it reserves funds on the debited account, and room below the greatest balance
 * on the credited one, until it is captured, voided or expired. That happens once.
 */
export interface Hold {
  readonly holdId: string;
  readonly debitAccountId: string;
  readonly creditAccountId: string;
  readonly asset: string;
  readonly amountMinor: bigint;
  /** Posted so far, by one capture or several. */
  readonly capturedMinor: bigint;
  readonly status: HoldStatus;
  /** Dense: placed is 1, each capture, and the end, adds 1. */
  readonly version: bigint;
  /** From then on nothing can be captured, swept or not. Null: it does not expire. */
  readonly expiresAt: Date | null;
  readonly reference: string | null;
  readonly metadata: Metadata;
  readonly placedAt: Date;
}

/** What is still reserved. */
export const remainingOf = (hold: Hold): bigint =>
  hold.status === 'pending' ? hold.amountMinor - hold.capturedMinor : 0n;

/** A hold as a command left it, and its two accounts, the debited one first. */
export interface HoldChange {
  readonly hold: Hold;
  /** The transfer that a capture posted. */
  readonly transferId: string | null;
  readonly balances: readonly BalanceAfter[];
}

/** What became of an item of a batch. */
export type BatchResult =
  | { readonly type: 'transfer'; readonly transfer: Transfer }
  | { readonly type: 'hold'; readonly change: HoldChange }
  | { readonly type: 'refused'; readonly refusal: ItemRefusal };

export interface Balance extends Totals {
  readonly accountId: string;
  readonly asset: string;
  readonly version: bigint;
  readonly balanceMinor: bigint;
  readonly availableMinor: bigint;
  /** When the last change to the account was recorded. */
  readonly recordedAt: Date;
}

/** An account as the ledger knew it by a time. */
export interface PastBalance {
  readonly accountId: string;
  readonly asset: string;
  /** Of the last entry by then; 1 where there was none. */
  readonly version: bigint;
  readonly balanceMinor: bigint;
  readonly availableMinor: bigint;
  readonly pendingDebits: bigint;
  readonly pendingCredits: bigint;
  /** Of the last entry by then, or of the opening. */
  readonly recordedAt: Date;
}

/** What was effective at a business time, as far as is known now. */
export interface EffectiveBalance {
  readonly accountId: string;
  readonly asset: string;
  /** Of the account now, which says what was known. */
  readonly version: bigint;
  readonly balanceMinor: bigint;
  /** When the last change to the account was recorded. */
  readonly recordedAt: Date;
}

export interface TrialBalanceLine {
  readonly accountId: string;
  readonly name: string | null;
  readonly asset: string;
  readonly debitsMinor: bigint;
  readonly creditsMinor: bigint;
}

export interface TrialBalanceTotal {
  readonly asset: string;
  readonly debitsMinor: bigint;
  readonly creditsMinor: bigint;
}
