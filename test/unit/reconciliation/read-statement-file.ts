import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dayText } from '@atlas/domain';
import type { ParsedStatement } from '../../../functions/services/statements/parsed-statement.ts';

export const statementFile = (name: string): string =>
  readFileSync(join(import.meta.dirname, 'statements', name), 'utf8');

/** Each movement as `line date amount reference`, the amount in 10^-18; or each flaw as `line detail`. */
export const told = (statement: ParsedStatement): readonly string[] => {
  if (statement.kind === 'too-many-lines') return ['too many lines'];
  if (statement.kind === 'unreadable') {
    return statement.flaws.map(({ line, detail }) => `${line} ${detail}`);
  }
  return statement.movements.map(
    ({ line, day, amountAtto, currency, reference }) =>
      `${line} ${dayText(day)} ${amountAtto} ${currency} ${reference}`,
  );
};
