import type { IntakeReference } from '@atlas/domain';
import { type PostgresLedger, postgresIntakes, postgresLedger } from '@atlas/postgres';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { acceptedValue, call, openAccount, request, transferOf } from '../../support/ledger.ts';
import { mutateDatabase } from '../../support/mutate-database.ts';

let database: TestDatabase;
let ledger: PostgresLedger;
beforeEach(async () => {
  database = await testDatabase();
  ledger = postgresLedger({ shards: database.api, namedStatements: true });
});
afterEach(async () => {
  await ledger.close();
  await database.drop();
});

const shuffled = <T>(all: readonly T[]): T[] =>
  all
    .map((one) => ({ one, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ one }) => one);

const perTenant = 40;
const posters = 4;

/**
 * Everything that goes wrong while four posters at once are told of all intakes three times each, in any
 * order, and of some that were settled before.
 */
const troubles = async (): Promise<readonly string[]> => {
  const found = new Set<string>();
  const intakes = postgresIntakes({
    shards: database.api,
    namedStatements: true,
    maxConnectionsPerShard: posters,
  });
  const accounts = new Map<string, string>();
  const all: IntakeReference[] = [];
  for (const tenant of ['acme', 'globex']) {
    await ledger.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
    const world = await openAccount(ledger, tenant);
    const alice = await openAccount(ledger, tenant, { minBalance: 0n });
    accounts.set(tenant, alice);
    for (let i = 0; i < perTenant; i += 1) {
      const command = transferOf([world, alice, 1n]);
      const { intakeId } = acceptedValue(await intakes.accept(request(tenant), command, call()));
      all.push({ tenant, intakeId });
    }
  }
  const early = await intakes.post(all.slice(0, 10), call());
  const rounds = await Promise.all(
    Array.from({ length: posters }, async () => {
      const results = [];
      const told = shuffled([...all, ...all, ...all]);
      for (let from = 0; from < told.length; from += 40) {
        results.push(...(await intakes.post(told.slice(from, from + 40), call())));
      }
      return results;
    }),
  );
  const results = [...early, ...rounds.flat()];
  const posted = results.filter(({ outcome }) => outcome === 'posted');
  if (new Set(posted.map(({ intakeId }) => intakeId)).size < posted.length) found.add('twice');
  if (results.some(({ outcome }) => outcome === 'failed')) found.add('failed');
  for (const [tenant, alice] of accounts) {
    const balance = await ledger.readBalance(tenant, alice, call());
    if (balance?.balanceMinor !== BigInt(perTenant)) found.add('money');
  }
  for (const { tenant, intakeId } of all) {
    const intake = await intakes.read(tenant, intakeId, call());
    const transfer = await ledger.readTransfer(tenant, intake?.transferId ?? intakeId, call());
    if (transfer === undefined) found.add('lost');
  }
  await intakes.close();
  return [...found];
};

describe('posters at the same time, with duplicates', () => {
  it('post each intake once, and hold each other up no longer than it takes', async () => {
    expect(await troubles()).toEqual([]);
  });

  it.each([
    ['does not look whether it is settled', "AND i.status = 'a'", ''],
    ['does not wait for another poster', 'FOR UPDATE', ''],
    [
      'looks before it waits and not after',
      "AND i.status = 'a'\n           ORDER BY i.intake_id FOR UPDATE",
      'ORDER BY i.intake_id FOR UPDATE',
    ],
    ['settles nothing', 'AND i.intake_id = n.intake_id', 'AND false'],
  ])('would not if the poster %s', async (_name, right, wrong) => {
    await mutateDatabase(database, 'post_intakes', right, wrong);
    // SQL that does not run would only fail.
    expect(await troubles()).toContain('money');
  });
});
