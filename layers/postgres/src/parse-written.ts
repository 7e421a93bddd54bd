import pg from 'pg';
import { bigints, texts } from './value-types.ts';
import type { Written } from './written.ts';

const timestamp: (text: string) => Date = pg.types.getTypeParser(
  pg.types.builtins.TIMESTAMPTZ,
  'text',
);

// A value ends at a comma or at the end. In quotes a quote and a backslash stand twice. What is empty is null.
const field = /(?:"((?:[^"\\]+|""|\\\\)*)"|([^,)"]*))[,)]/y;

/** The values of a row as Postgres writes it: `(done,,"a ""b""")` is done, null, a "b". */
export const parseRecord = (text: string): (string | null)[] => {
  const values: (string | null)[] = [];
  field.lastIndex = 1;
  while (field.lastIndex < text.length) {
    const found = field.exec(text);
    if (found === null) throw new RangeError('this is no row of Postgres');
    const [, quoted, plain] = found;
    values.push(quoted?.replaceAll(/(["\\])\1/g, '$1') ?? (plain === '' ? null : (plain ?? null)));
  }
  return values;
};

const orNull = <T>(text: string | null | undefined, parse: (text: string) => T): T | null =>
  text == null ? null : parse(text);

/** A value of the type ledger.written, as text. */
export const parseWritten = (text: string): Written => {
  const [outcome, detail = null, transferId = null, recordedAt, figures, assets] =
    parseRecord(text);
  return {
    outcome: outcome as Written['outcome'],
    detail,
    transfer_id: transferId,
    recorded_at: orNull(recordedAt, timestamp),
    figures: orNull(figures, bigints),
    assets: orNull(assets, texts),
  };
};
