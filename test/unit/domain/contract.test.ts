import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { honestModel } from '../../contract/compare-ledgers.ts';
import { ledgerChecks } from '../../contract/ledger-checks.ts';

/** The contract of a ledger, which test/contract holds Postgres to. */
describe('the reference model', () => {
  it.each(ledgerChecks)('$name', async ({ run }) => {
    expect.hasAssertions();
    await run(honestModel(), `t-${randomUUID()}`);
  });
});
