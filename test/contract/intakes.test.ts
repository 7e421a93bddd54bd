import { ok } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { accepted, type Ledger, refused } from '@atlas/domain';
import { type PostgresIntakes, postgresIntakes } from '@atlas/postgres';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mutateDatabase } from '../support/mutate-database.ts';
import { steps } from './command-sequences.ts';
import { compareLedgers } from './compare-ledgers.ts';
import { type ObservedPostgres, observedPostgres } from './observed-postgres.ts';

const runs = 400;
const lanes = 4;

let postgres: ObservedPostgres;
let intakes: PostgresIntakes;
beforeEach(async () => {
  postgres = await observedPostgres(lanes);
  intakes = postgresIntakes({ shards: postgres.database.api, namedStatements: true });
});
afterEach(async () => {
  await intakes.close();
  await postgres.close();
});

/** A ledger that takes in every transfer first, posts what it took in, and answers with what came of it. */
const throughIntake = (ledger: Ledger): Ledger => ({
  ...ledger,
  async postTransfer(who, command, context) {
    const outcome = await intakes.accept(who, command, context);
    if (outcome.kind === 'refused') return outcome;
    const { intakeId } = outcome.value;
    const [result] = await intakes.post([{ tenant: who.tenant, intakeId }], context);
    if (result?.outcome === 'failed') throw result.error;
    const intake = await intakes.read(who.tenant, intakeId, context);
    ok(intake, 'the intake is gone');
    if (intake.refusal !== null) return refused(intake.refusal, outcome.replayed);
    const transfer = await ledger.readTransfer(who.tenant, intake.transferId ?? '', context);
    ok(transfer, 'it was settled without a transfer');
    return accepted(transfer, outcome.replayed);
  },
});

const same = () =>
  fc.asyncProperty(steps, (sequence) =>
    compareLedgers(
      { ...postgres, ledger: throughIntake(postgres.ledger) },
      `t-${randomUUID()}`,
      sequence,
    ),
  );

describe('transfers that are taken in and then posted', () => {
  it(`do the same as the reference model’s in ${runs} random sequences, event by event`, async () => {
    expect.hasAssertions();
    await Promise.all(
      Array.from({ length: lanes }, () => fc.assert(same(), { numRuns: runs / lanes, verbose: 1 })),
    );
  });

  it.each([
    ['posts one posting of several', 'lasts, accounts', 'firsts, accounts'],
    ['forgets its reference', 'array_agg(n.reference ORDER BY n.place)', 'NULL'],
    ['forgets its metadata', 'array_agg(n.metadata ORDER BY n.place)', 'NULL'],
    ['takes it for effective now', 'count(n.effective_at) > 0', 'false'],
    ['turns it around', 'array_agg(d.place', 'array_agg(c.place'],
    ['settles a refused one as posted', 'transfers, applied.refusals', 'transfers, NULL::jsonb[]'],
    ['posts again what is settled', "AND i.status = 'a'", ''],
  ])('are noticed when the poster %s', async (_name, right, wrong) => {
    await mutateDatabase(postgres.database, 'post_intakes', right, wrong);
    const details = await fc.check(same(), { numRuns: 1_000, seed: 1, endOnFailure: true });
    expect(details.failed).toBe(true);
    // By an answer that differs, or by what a type or a key of a table forbids (SQLSTATE 22 and 23); SQL
    // that does not run is no mutant.
    const { name: kind, code = '' } = details.errorInstance as Error & { readonly code?: string };
    expect(['AssertionError', '22', '23']).toContain(kind === 'error' ? code.slice(0, 2) : kind);
  });
});
