import { describe, expect, it } from 'vitest';
import { type CsvMapping, parseCsv } from '../../../functions/services/statements/parse-csv.ts';
import { statementFile, told } from './read-statement-file.ts';

const german: CsvMapping = {
  delimiter: ';',
  columns: { date: 'Buchungstag', amount: 'Betrag', reference: 'Verwendungszweck' },
  dateFormat: 'dd.MM.yyyy',
  decimalSeparator: ',',
};
const american: CsvMapping = {
  delimiter: ',',
  columns: { date: 'Posted', debit: 'Money out', credit: 'Money in', reference: 'Description' },
  dateFormat: 'MM/dd/yyyy',
  decimalSeparator: '.',
};
const plain: CsvMapping = {
  delimiter: ',',
  columns: { date: 'date', amount: 'amount' },
  dateFormat: 'yyyy-MM-dd',
  decimalSeparator: '.',
};

const read = (text: string, mapping: CsvMapping = plain, most = 10) =>
  told(parseCsv(text, mapping, most));
const lines = (...some: readonly string[]) => `date,amount\n${some.join('\n')}\n`;

describe('a CSV statement', () => {
  it('is read with quotes, line breaks in a field, empty lines and a decimal comma', () => {
    expect(read(statementFile('sparkasse.csv'), german)).toEqual([
      '2 2026-10-30 1250000000000000000000 null Miete Oktober; Haus 7',
      '4 2026-10-29 -89900000000000000000 null Strom Abschlag 10/2026',
      '6 2026-10-28 0 null null',
      '7 2026-10-27 -12300000000000000000 null 2026-10-26T17:42 Debitk.3',
    ]);
  });

  it('is read with a byte order mark, CRLF, and one column for each direction', () => {
    expect(read(statementFile('two-columns.csv'), american)).toEqual([
      '2 2026-10-05 1234500000000000000000 null Invoice 1001',
      '3 2026-10-06 -42000000000000000000 null Card payment, office',
    ]);
  });

  it('is refused whole, with every line that cannot be read', () => {
    expect(
      read(lines('2026-10-01,1.00', '2026-02-29,1.00', '01.10.2026,1.00', '2026-10-02,1,5')),
    ).toEqual(['5 is not CSV: CSV_RECORD_INCONSISTENT_FIELDS_LENGTH']);
    expect(read(lines('2026-10-01,1.00', '2026-02-29,1.00', '01.10.2026,1.00'))).toEqual([
      '3 has no date of the form yyyy-MM-dd in "date"',
      '4 has no date of the form yyyy-MM-dd in "date"',
    ]);
  });

  it.each(['', 'EUR 5', '1.2.3', '1,23', '--1', '-1-', '1e3', '0x10', '1.234.567,89', '١'])(
    'has no amount in %j',
    (amount) => {
      expect(read(lines(`2026-10-01,"${amount}"`))).toEqual([
        '2 has no amount with "." in "amount"',
      ]);
    },
  );

  it.each([
    ['1,234,567.89', '1234567890000000000000000'],
    ["1'234.5", '1234500000000000000000'],
    ['1 234.5', '1234500000000000000000'],
    ['+7', '7000000000000000000'],
    ['7.50-', '-7500000000000000000'],
    ['−7.5', '-7500000000000000000'],
    ['0.000000000000000001', '1'],
    ['9007199254740993.01', '9007199254740993010000000000000000'],
  ])('has exactly what %j says', (amount, atto) => {
    expect(read(lines(`2026-10-01,"${amount}"`))).toEqual([`2 2026-10-01 ${atto} null null`]);
  });

  it('has clean references of at most 500 characters, and none of nothing', () => {
    const mapping = { ...plain, columns: { ...plain.columns, reference: 'text' } };
    const reference = (text: string) => {
      const parsed = parseCsv(`date,amount,text\n2026-10-01,1,"${text}"`, mapping, 10);
      return parsed.kind === 'parsed' ? parsed.movements[0]?.reference : parsed.kind;
    };
    expect(reference(' a\u0000b\t\n c ')).toBe('a b c');
    expect(reference('\u0000 ')).toBeNull();
    expect(reference('\ud800')).toBe('\ufffd');
    expect(reference(`${'x'.repeat(499)}😀`)).toBe('x'.repeat(499));
    expect(reference('y'.repeat(600))).toHaveLength(500);
  });

  it('fills one of its two columns in each line, without a sign', () => {
    const two = (...some: readonly string[]) => read(`date,out,in\n${some.join('\n')}`, mapping);
    const mapping = { ...plain, columns: { date: 'date', debit: 'out', credit: 'in' } };
    expect(two('2026-10-01,,', '2026-10-01,1,2', '2026-10-01,-1,', '2026-10-01,x,')).toEqual([
      '2 has no amount, neither in "out" nor in "in"',
      '3 has amounts both in "out" and in "in"',
      '4 has a sign in a column that is one already',
      '5 has no amount with "." in "out"',
    ]);
    expect(two('2026-10-01,1.00,0.00')).toEqual(['2 2026-10-01 -1000000000000000000 null null']);
  });

  it('has each column that is mapped, once', () => {
    expect(read('Date,amount,amount\n2026-10-01,1,1')).toEqual([
      '1 has no column "date"',
      '1 has "amount" twice',
    ]);
    expect(read('')).toEqual(['1 has no header']);
  });

  it('has its quotes closed, and no more lines than are allowed', () => {
    expect(read('date,amount\n2026-10-01,"1')).toEqual(['2 is not CSV: CSV_QUOTE_NOT_CLOSED']);
    const day = Array.from({ length: 11 }, () => '2026-10-01,1');
    expect(read(lines(...day))).toEqual(['too many lines']);
    expect(read(lines(...day.slice(1)))).toHaveLength(10);
  });
});
