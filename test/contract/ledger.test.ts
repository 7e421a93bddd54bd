import { randomUUID } from 'node:crypto';
import { type PostgresLedger, postgresLedger } from '@atlas/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { ledgerChecks } from './ledger-checks.ts';

const tenant = (): string => `t-${randomUUID()}`;

describe.each([true, false])('Postgres, with named statements %s', (namedStatements) => {
  let database: TestDatabase;
  let ledger: PostgresLedger;
  beforeAll(async () => {
    database = await testDatabase();
    ledger = postgresLedger({ shards: database.api, namedStatements });
  });
  afterAll(async () => {
    await ledger.close();
    await database.drop();
  });
  it.each(ledgerChecks)('$name', async ({ run }) => {
    expect.hasAssertions();
    await run(ledger, tenant());
  });
});
