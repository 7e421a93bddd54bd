import type { Day } from './day.ts';

/** Of one statement. */
export const maxStatementLines = 10_000;
export const maxStatementBytes = 5 * 1024 * 1024;
/** Of the account, within the statement's period and the window around it. */
export const maxReconciledEntries = 20_000;
export const maxDateWindowDays = 30;

/** A line of a statement. Its amount is signed as the account sees it: a credit is positive. */
export interface StatementLine {
  /** Counted from 1, in the order of the file; what is not a booked movement does not count. */
  readonly number: number;
  readonly day: Day;
  readonly amountMinor: bigint;
  readonly reference: string | null;
}

/** A posted entry of the account, with its amount signed: a credit is positive. */
export interface StatedEntry {
  readonly version: bigint;
  readonly transferId: string;
  readonly amountMinor: bigint;
  readonly effectiveAt: Date;
  /** Of its transfer. */
  readonly reference: string | null;
}

/** Both days included. */
export interface Period {
  readonly from: Day;
  readonly to: Day;
}

export interface MatchingRules {
  /** How many days a line and its entry may lie apart. */
  readonly dateWindowDays: number;
  /**
   * `required`: only what has the same reference is matched. `preferred`: that first, then by date
   * alone. `ignored`: by date alone.
   */
  readonly reference: 'required' | 'preferred' | 'ignored';
}

/** `missing` is on the statement and not in the ledger, `extra` the other way round. */
export type ReconciliationItem =
  | { readonly outcome: 'matched'; readonly line: StatementLine; readonly entry: StatedEntry }
  | { readonly outcome: 'missing'; readonly line: StatementLine; readonly entry: null }
  | { readonly outcome: 'extra'; readonly line: null; readonly entry: StatedEntry };

export type ReconciliationOutcome = ReconciliationItem['outcome'];

export type StatementFormat = 'csv' | 'camt053';

/** What a reconciliation was asked to compare, and of what. */
interface ReconciliationFacts {
  readonly uploadId: string;
  readonly format: StatementFormat;
  readonly rules: MatchingRules;
  /** Whether the statement is seen from the other side, so that its credits are the account's debits. */
  readonly inverted: boolean;
  readonly period: Period;
  /** Of the account: exactly the entries up to this version were compared. */
  readonly accountVersion: bigint;
}

export interface NewReconciliation extends ReconciliationFacts {
  readonly items: readonly ReconciliationItem[];
}

/** Immutable. Amounts are sums of signed amounts. */
export interface Reconciliation extends ReconciliationFacts {
  readonly reconciliationId: string;
  readonly accountId: string;
  readonly asset: string;
  readonly lines: number;
  readonly matched: number;
  readonly missing: number;
  readonly extra: number;
  readonly matchedMinor: bigint;
  readonly missingMinor: bigint;
  readonly extraMinor: bigint;
  readonly createdAt: Date;
}
