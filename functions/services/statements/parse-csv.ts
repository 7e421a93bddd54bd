import { type Day, dayOfDate, type StatementFlaw } from '@atlas/domain';
import { CsvError, parse } from 'csv-parse/sync';
import { attoOf } from './exact-amount.ts';
import {
  cleanText,
  type ParsedStatement,
  type StatedMovement,
  unreadable,
} from './parsed-statement.ts';

export const csvDateFormats = ['yyyy-MM-dd', 'dd.MM.yyyy', 'MM/dd/yyyy', 'dd/MM/yyyy'] as const;

/** Where things are in a CSV file whose first line names its columns. */
export interface CsvMapping {
  readonly delimiter: ',' | ';' | '\t' | '|';
  readonly columns: {
    readonly date: string;
    /** A signed amount, or two columns of which each line fills one. */
    readonly amount?: string | undefined;
    readonly debit?: string | undefined;
    readonly credit?: string | undefined;
    readonly reference?: string | undefined;
  };
  readonly dateFormat: (typeof csvDateFormats)[number];
  readonly decimalSeparator: '.' | ',';
}

const dateOf: Readonly<Record<CsvMapping['dateFormat'], RegExp>> = {
  'yyyy-MM-dd': /^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})$/,
  'dd.MM.yyyy': /^(?<day>\d{2})\.(?<month>\d{2})\.(?<year>\d{4})$/,
  'MM/dd/yyyy': /^(?<month>\d{2})\/(?<day>\d{2})\/(?<year>\d{4})$/,
  'dd/MM/yyyy': /^(?<day>\d{2})\/(?<month>\d{2})\/(?<year>\d{4})$/,
};

const dayIn = (text: string, format: CsvMapping['dateFormat']): Day | undefined => {
  const { year, month, day } = dateOf[format].exec(text)?.groups ?? {};
  return dayOfDate(Number(year), Number(month), Number(day));
};

interface Row {
  /** On which it ends. */
  readonly line: number;
  readonly cell: (column: string | undefined) => string;
}

/** The signed amount of a row, or what is wrong with it. */
const amountOf = (row: Row, { columns, decimalSeparator }: CsvMapping): bigint | string => {
  const read = (column: string) => attoOf(row.cell(column), decimalSeparator);
  const { amount, debit = '', credit = '' } = columns;
  if (amount !== undefined) {
    return read(amount) ?? `has no amount with "${decimalSeparator}" in "${amount}"`;
  }
  const [taken, given] = [debit, credit].map((column) =>
    row.cell(column) === '' ? 0n : read(column),
  );
  if (taken === undefined) return `has no amount with "${decimalSeparator}" in "${debit}"`;
  if (given === undefined) return `has no amount with "${decimalSeparator}" in "${credit}"`;
  if (row.cell(debit) === '' && row.cell(credit) === '') {
    return `has no amount, neither in "${debit}" nor in "${credit}"`;
  }
  if (taken < 0n || given < 0n) return 'has a sign in a column that is one already';
  if (taken > 0n && given > 0n) return `has amounts both in "${debit}" and in "${credit}"`;
  return given - taken;
};

const movementOf = (row: Row, mapping: CsvMapping): StatedMovement | StatementFlaw => {
  const { line } = row;
  const { date, reference } = mapping.columns;
  const day = dayIn(row.cell(date), mapping.dateFormat);
  if (day === undefined) {
    return { line, detail: `has no date of the form ${mapping.dateFormat} in "${date}"` };
  }
  const amountAtto = amountOf(row, mapping);
  if (typeof amountAtto === 'string') return { line, detail: amountAtto };
  return { line, day, amountAtto, currency: null, reference: cleanText(row.cell(reference)) };
};

interface CsvRecord {
  readonly info: { readonly lines: number };
  readonly record: readonly string[];
}

/** Of the columns that are mapped; each must be there once. */
const columnPlaces = (header: CsvRecord, mapping: CsvMapping) => {
  const { lines: line } = header.info;
  const names = Object.values(mapping.columns).filter((name) => name !== undefined);
  const flaws = names.flatMap((name): StatementFlaw[] => {
    const times = header.record.filter((column) => column === name).length;
    if (times === 1) return [];
    return [{ line, detail: times === 0 ? `has no column "${name}"` : `has "${name}" twice` }];
  });
  return { flaws, places: new Map(names.map((name) => [name, header.record.indexOf(name)])) };
};

/** Reads a CSV file (RFC 4180), all of it or nothing: every line that cannot be read is a flaw. */
export const parseCsv = (text: string, mapping: CsvMapping, mostLines: number): ParsedStatement => {
  let records: readonly CsvRecord[];
  try {
    records = parse<CsvRecord>(text, {
      bom: true,
      delimiter: mapping.delimiter,
      info: true,
      skip_empty_lines: true,
      trim: true,
      max_record_size: 64 * 1024,
      to: mostLines + 2,
    } as Parameters<typeof parse<CsvRecord>>[1]);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return unreadable(Number(error.lines ?? 1), `is not CSV: ${error.code}`);
  }
  const [header, ...rest] = records;
  if (header === undefined) return unreadable(1, 'has no header');
  if (rest.length > mostLines) return { kind: 'too-many-lines' };
  const { flaws, places } = columnPlaces(header, mapping);
  if (flaws.length > 0) return { kind: 'unreadable', flaws };
  const read = rest.map(({ info, record }) => {
    const cell = (column = '') => record[places.get(column) ?? -1] ?? '';
    return movementOf({ line: info.lines, cell }, mapping);
  });
  const found = read.filter((one) => 'detail' in one);
  if (found.length > 0) return { kind: 'unreadable', flaws: found };
  return { kind: 'parsed', movements: read.filter((one) => 'day' in one), period: null };
};
