import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mutateDatabase } from '../support/mutate-database.ts';
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

/** How a comparison fails that goes on in several lanes until one of them has failed. */
const firstFailure = async (numRuns: number) => {
  let isFound = false;
  const property = fc.asyncProperty(steps, async (sequence) => {
    if (isFound) return;
    await compareLedgers(postgres, `t-${randomUUID()}`, sequence);
  });
  const check = async (seed: number) => {
    const each = { numRuns: numRuns / lanes, seed, endOnFailure: true };
    const details = await fc.check(property, each);
    isFound ||= details.failed;
    return details;
  };
  const all = await Promise.all(Array.from({ length: lanes }, (_, lane) => check(lane + 1)));
  return all.find(({ failed }) => failed)?.errorInstance;
};

/** One function of the schema with one thing wrong in it. */
const mutants = [
  ['lets one unit too much go', 'post_one', '>= a.min_balance', '>= a.min_balance - 1'],
  ['forgets who is frozen on the short path', 'post_one', "a.status = 'o'", 'true'],
  [
    'keeps the debit of what it refuses',
    'post_one',
    'a.posted_debits - amount_minor,',
    'a.posted_debits,',
  ],
  ['counts what it takes back', 'post_one', 'a.version - 1', 'a.version'],
  ['tells the other partition nothing', 'post_one', 'credit_partition <> born', 'false'],
  ['tells the partitions of many nothing', 'apply_items', 'born_in[c] <> home_of_rows', 'false'],
  [
    'skips versions',
    'apply_items',
    'versions[c] := versions[c] + 1',
    'versions[c] := versions[c] + 2',
  ],
  ['stops short of 64 bits', 'apply_items', '9223372036854775807', '9223372036854770000'],
  ['takes a key for anything', 'look_up_key', 'found_key.request_hash <> request', 'false'],
  ['counts changes that change nothing', 'change_account', 'a.status <> wanted', 'true'],
  [
    'spends what is held',
    'post_one',
    '- a.pending_debits - amount_minor >= a.min_balance',
    '- amount_minor >= a.min_balance',
  ],
  [
    'holds one unit too much',
    'apply_items',
    '- quantity < minima[d]',
    '- quantity < minima[d] - 1',
  ],
  [
    'lets many fill what is held',
    'apply_items',
    '+ pending_c[side] > maxima[side]',
    '> maxima[side]',
  ],
  ['places what has expired', 'apply_items', 'expiries[i] <= moment', 'false'],
  [
    'releases too little',
    'apply_items',
    'WHEN is_end THEN remaining ELSE quantity',
    'WHEN false THEN remaining ELSE quantity',
  ],
  ['takes every capture for the last', 'apply_items', 'finals[i] OR quantity = remaining', 'true'],
  ['tells the debited side of credits', 'apply_items', "THEN 'debit'", "THEN 'credit'"],
  [
    'reverses the first posting alone',
    'apply_items',
    'q.transfer_id = t.transfer_id',
    'q.transfer_id <> t.transfer_id',
  ],
  ['keeps what a refused batch did', 'apply_request', "mode <> 'i', key", 'false, key'],
  [
    'leaves totals as a refused item had them',
    'apply_items',
    'posted_c[credits[p]] - amounts[p]',
    'posted_c[credits[p]]',
  ],
  ['ends a hold twice', 'apply_items', "h.status <> 'p' OR", ''],
  ['reverses twice', 'apply_items', 'r.reversal_id IS NOT NULL', 'false'],
  ['forgets in a batch what was reversed', 'apply_items', 'n.transfer_id = targets[i]', 'false'],
  ['does what it previews', 'apply_items', 'IF NOT dry', 'IF true'],
  ['names the next item', 'apply_request', 'refused - 1', 'refused'],
  [
    'counts an hour twice',
    'balance_effective_at',
    'starts_at < this_hour',
    'starts_at <= this_hour',
  ],
  ['forgets the last hour', 'balance_effective_at', 's.at < horizon', 'false'],
  ['shifts both sides alike', 'shift_effective', "= (e.direction = 'c')", ''],
  ['leaves the time of recording alone', 'shift_effective', 'e.recorded_at, ', 't.effective_at, '],
  ['tells the next entry', 'last_entry_before', 'found_entry := probe', 'found_entry := NULL'],
  ['keeps nulls as metadata', 'patch_metadata', 'jsonb_strip_nulls', ''],
  ['takes metadata of any version', 'patch_metadata', '<> ALL (expected)', '< 0'],
  ['publishes the wrong balance', 'read_outbox', 'c.balance_after', 'd.balance_after'],
] as const;

describe('the comparison', () => {
  it.each(mutants)('notices SQL that %s', async (_name, name, right, wrong) => {
    await mutateDatabase(postgres.database, name, right, wrong);
    const failure = await firstFailure(2_000);
    expect(failure).toBeDefined();
    // By an answer that differs, or that the adapter cannot read, or by what a type or a key of a table
    // forbids (SQLSTATE 22 and 23); SQL that does not run is no mutant.
    const { name: kind, code = '' } = failure as Error & { readonly code?: string };
    const ways = ['AssertionError', 'RangeError', 'TypeError', '22', '23'];
    expect(ways).toContain(kind === 'error' ? code.slice(0, 2) : kind);
  });
});
