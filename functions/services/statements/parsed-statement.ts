import type { Day, Period, StatementFlaw } from '@atlas/domain';

/** A movement as a statement tells it. */
export interface StatedMovement {
  /** In the file, counted from 1. */
  readonly line: number;
  readonly day: Day;
  /** Signed, in 10^-18 of the currency; see exact-amount.ts. */
  readonly amountAtto: bigint;
  /** Null where the format does not say. */
  readonly currency: string | null;
  readonly reference: string | null;
}

export type ParsedStatement =
  | {
      readonly kind: 'parsed';
      readonly movements: readonly StatedMovement[];
      /** As the statement says; null where it does not. */
      readonly period: Period | null;
    }
  | { readonly kind: 'unreadable'; readonly flaws: readonly StatementFlaw[] }
  | { readonly kind: 'too-many-lines' };

/** A flaw of a line that has no more to tell. */
export const unreadable = (line: number, detail: string): ParsedStatement => ({
  kind: 'unreadable',
  flaws: [{ line, detail }],
});

/** Text of a file on its way to a database and to JSON: clean, on one line, and not endless. */
export const cleanText = (text: string | undefined): string | null => {
  const clean = (text ?? '')
    .toWellFormed()
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  // What is cut between the halves of a surrogate pair loses the first one, too.
  return clean === '' ? null : clean.slice(0, 500).replace(/[\uD800-\uDBFF]$/, '');
};
