import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { steps } from './command-sequences.ts';
import { compareLedgers } from './compare-ledgers.ts';
import { type ObservedPostgres, observedPostgres } from './observed-postgres.ts';

const runs = 5_000;
/** Sequences wait for Postgres most of the time, so several go on at once. */
const lanes = 4;

let postgres: ObservedPostgres;
beforeEach(async () => {
  postgres = await observedPostgres(lanes);
});
afterEach(() => postgres.close());

const same = () =>
  fc.asyncProperty(steps, (sequence) => compareLedgers(postgres, `t-${randomUUID()}`, sequence));

describe('Postgres and the reference model', () => {
  it(`do the same in ${runs} random sequences of commands, event by event`, async () => {
    expect.hasAssertions();
    // A failure prints its seed and the shortest sequence that still fails.
    await Promise.all(
      Array.from({ length: lanes }, () => fc.assert(same(), { numRuns: runs / lanes, verbose: 1 })),
    );
  });
});

/** One function of the schema with one thing wrong in it. */
const mutants = [
  ['lets one unit too much go', 'post_one', '>= d.min_balance', '>= d.min_balance - 1'],
  ['forgets who is frozen on the short path', 'post_one', "d.status = 'o'", 'true'],
  ['tells the other partition nothing', 'post_one', 'credit_partition <> born', 'false'],
  [
    'tells the partitions of many nothing',
    'post_claimed',
    'unnest(account_partitions || born)',
    'born',
  ],
  [
    'skips versions',
    'post_claimed',
    'versions[credits[i]] := versions[credits[i]] + 1',
    'versions[credits[i]] := versions[credits[i]] + 2',
  ],
  ['stops short of 64 bits', 'post_claimed', '9223372036854775807', '9223372036854770000'],
  ['takes a key for anything', 'look_up_key', 'found_key.request_hash <> request', 'false'],
  ['counts changes that change nothing', 'change_account', 'a.status <> wanted', 'true'],
  [
    'spends what is held',
    'post_one',
    '- d.pending_debits - amount_minor >= d.min_balance',
    '- amount_minor >= d.min_balance',
  ],
  ['holds one unit too much', 'place_hold', '< d.min_balance', '< d.min_balance - 1'],
  ['places what has expired', 'place_hold', 'expires <= moment', 'false'],
  [
    'releases too little',
    'capture_hold',
    "'r', CASE WHEN is_end THEN remaining ELSE",
    "'r', CASE WHEN false THEN remaining ELSE",
  ],
  ['takes every capture for the last', 'capture_hold', 'is_final OR quantity = remaining', 'true'],
  [
    'tells the debited side of credits',
    'enter_pending',
    "'debit' ELSE 'credit'",
    "'credit' ELSE 'credit'",
  ],
  ['publishes the wrong balance', 'read_outbox', 'c.balance_after', 'd.balance_after'],
] as const;

describe('the comparison', () => {
  it.each(mutants)('notices SQL that %s', async (_name, name, right, wrong) => {
    for (const { id } of postgres.database.api) {
      const admin = await postgres.database.admin(id);
      const { rows } = await admin.query<{ text: string }>(
        'SELECT pg_get_functiondef(p.oid) AS text FROM pg_proc p WHERE p.proname = $1',
        [name],
      );
      const text = rows[0]?.text ?? '';
      expect(text).toContain(right);
      await admin.query(text.replaceAll(right, wrong));
      await admin.end();
    }
    const details = await fc.check(same(), { numRuns: 500, seed: 1, endOnFailure: true });
    expect(details.failed).toBe(true);
    // By an answer that differs, or that the adapter cannot read; SQL that does not run is no mutant.
    const { name: kind } = details.errorInstance as Error;
    expect(['AssertionError', 'RangeError']).toContain(kind);
  });
});
