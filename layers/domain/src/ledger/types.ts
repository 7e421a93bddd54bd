/** The nouns of the ledger. Amounts are integers in minor units; ids are UUIDv7 (see ids.ts). */

/** The greatest amount or total: a Postgres bigint. */
export const maxAmountMinor = 2n ** 63n - 1n;
export const maxPostings = 100;

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
  /** One per touched account, in the order of first mention, as of this transfer's last entry on it. */
  readonly balances: readonly BalanceAfter[];
}

export type Direction = 'debit' | 'credit';

/** One line per side of a posting. Append-only; the account row is a snapshot of their fold. */
export interface Entry {
  readonly accountId: string;
  readonly version: bigint;
  readonly transferId: string;
  readonly kind: 'posted' | 'pending';
  readonly direction: Direction;
  readonly amountMinor: bigint;
  readonly balanceAfterMinor: bigint;
  readonly pendingDebitsAfterMinor: bigint;
  readonly pendingCreditsAfterMinor: bigint;
  readonly effectiveAt: Date;
  readonly recordedAt: Date;
}

export interface Balance extends Totals {
  readonly accountId: string;
  readonly asset: string;
  readonly version: bigint;
  readonly balanceMinor: bigint;
  readonly availableMinor: bigint;
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
