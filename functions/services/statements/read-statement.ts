import {
  type Asset,
  maxAmountMinor,
  maxStatementBytes,
  maxStatementLines,
  type Period,
  type Refusal,
  type StatementFlaw,
  type StatementLine,
} from '@atlas/domain';
import { minorOf } from './exact-amount.ts';
import { parseCamt053 } from './parse-camt053.ts';
import { type CsvMapping, parseCsv } from './parse-csv.ts';
import type { ParsedStatement, StatedMovement } from './parsed-statement.ts';

/** How a statement is to be read. */
export type StatementReading = {
  /** Whether it is seen from the other side: then its credits are debits. */
  readonly inverted: boolean;
} & ({ readonly format: 'csv'; readonly csv: CsvMapping } | { readonly format: 'camt053' });

export interface Statement {
  readonly period: Period;
  readonly lines: readonly StatementLine[];
}

/** As many as a caller can use; what is stored under a key stays small. */
const mostFlaws = 20;

const unreadableFor = (flaws: readonly StatementFlaw[]): Refusal => ({
  code: 'statement-unreadable',
  flaws: flaws.slice(0, mostFlaws),
});

const parsed = (bytes: Uint8Array, reading: StatementReading): ParsedStatement => {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { kind: 'unreadable', flaws: [{ line: 1, detail: 'is not text in UTF-8' }] };
  }
  return reading.format === 'csv'
    ? parseCsv(text, reading.csv, maxStatementLines)
    : parseCamt053(text, maxStatementLines);
};

/** From what the lines say: the statement's own period, or the days of its lines, whichever is longer. */
const periodOf = (own: Period | null, movements: readonly StatedMovement[]): Period | undefined => {
  const days = [...(own === null ? [] : [own.from, own.to]), ...movements.map(({ day }) => day)];
  if (days.length === 0) return undefined;
  // Not Math.min(...days), which takes as many arguments as there are lines.
  return { from: days.reduce((a, b) => Math.min(a, b)), to: days.reduce((a, b) => Math.max(a, b)) };
};

/** The first refusal that the movements give as amounts of an asset. */
const refusalOf = (movements: readonly StatedMovement[], asset: Asset): Refusal | undefined => {
  const flawsOf = (isWrong: (one: StatedMovement) => boolean, detail: string) =>
    movements
      .filter(isWrong)
      .slice(0, mostFlaws)
      .map(({ line }): StatementFlaw => ({ line, detail }));
  const { code, scale } = asset;
  const foreign = flawsOf(
    ({ currency }) => currency !== null && currency !== code,
    `has an amount that is not in ${code}`,
  );
  if (foreign.length > 0) {
    return { code: 'statement-currency-mismatch', asset: code, flaws: foreign };
  }
  const precise = flawsOf(
    ({ amountAtto }) => minorOf(amountAtto, scale) === undefined,
    `has an amount with more than ${scale} decimals`,
  );
  if (precise.length > 0) {
    return { code: 'statement-too-precise', asset: code, scale, flaws: precise };
  }
  const great = flawsOf(({ amountAtto }) => {
    const minor = minorOf(amountAtto, scale) ?? 0n;
    return minor > maxAmountMinor || minor < -maxAmountMinor;
  }, 'has an amount that does not fit into 64 bits');
  return great.length > 0 ? unreadableFor(great) : undefined;
};

/**
 * A statement in the minor units of an asset, exactly, or the refusal that says why not. What moves nothing is
 * no line.
 */
export const readStatement = (
  bytes: Uint8Array,
  reading: StatementReading,
  asset: Asset,
): Statement | Refusal => {
  const statement = parsed(bytes, reading);
  if (statement.kind === 'unreadable') return unreadableFor(statement.flaws);
  if (statement.kind === 'too-many-lines') {
    return { code: 'statement-too-large', what: 'lines', most: maxStatementLines };
  }
  const { movements } = statement;
  const refusal = refusalOf(movements, asset);
  if (refusal !== undefined) return refusal;
  const period = periodOf(statement.period, movements);
  if (period === undefined) {
    return unreadableFor([{ line: 1, detail: 'has no line and names no period' }]);
  }
  const lines = movements
    .filter(({ amountAtto }) => amountAtto !== 0n)
    .map(({ day, amountAtto, reference }, i): StatementLine => {
      const amountMinor = minorOf(amountAtto, asset.scale) ?? 0n;
      return {
        number: i + 1,
        day,
        amountMinor: reading.inverted ? -amountMinor : amountMinor,
        reference,
      };
    });
  return { period, lines };
};

export const tooManyBytes: Refusal = {
  code: 'statement-too-large',
  what: 'bytes',
  most: maxStatementBytes,
};
