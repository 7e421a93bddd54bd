import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRecord, parseWritten } from '../../../layers/postgres/src/parse-written.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';

let database: TestDatabase;
let admin: pg.Client;

beforeAll(async () => {
  database = await testDatabase(1);
  admin = await database.admin(0);
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

describe('a row that comes as one value', () => {
  it('is read as Postgres wrote it, whatever stands in it', async () => {
    // Postgres has no zero byte in a text, and writes an empty one and none apart.
    const text = fc.oneof(
      fc.string({ unit: 'binary' }).map((any) => any.replaceAll('\0', '')),
      fc.string({ unit: fc.constantFrom('"', ',', '\\', '(', ')', ' ', '\n', '{', 'ü') }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.option(text), { minLength: 1, maxLength: 3 }),
        async (values) => {
          const { rows } = await admin.query<{ row: string }>(
            `SELECT ROW(${values.map((_, i) => `$${i + 1}::text`).join(', ')})::text AS row`,
            values,
          );
          expect(parseRecord(rows[0]?.row ?? '')).toEqual(values);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is the same as its columns', async () => {
    const row = `ROW('done', '{"a": ["\\\\", ","]}', gen_random_uuid(), '2026-11-27 12:00:00.123456+00',
      ARRAY[9223372036854775807, -1], ARRAY['EUR', 'A B', 'NULL'])::ledger.written`;
    const client = new pg.Client(database.api[0]);
    await client.connect();
    try {
      const { rows } = await client.query(
        `SELECT w AS written, (w).outcome, (w).detail, (w).transfer_id, (w).recorded_at, (w).assets,
                ARRAY[(w).figures[1]::text, (w).figures[2]::text] AS figures
           FROM (SELECT ${row} AS w OFFSET 0) AS one`,
      );
      const { written, figures, ...columns } = rows[0];
      expect(parseWritten(written)).toEqual({ ...columns, figures: figures.map(BigInt) });
    } finally {
      await client.end();
    }
  });

  it('is refused where it is none', () => {
    for (const text of ['(a', '("a)', '(a"b)']) expect(() => parseRecord(text)).toThrow(RangeError);
  });
});
