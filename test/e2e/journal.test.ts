import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countRows } from '../support/count-rows.ts';
import { deployedApi } from '../support/deployed-api.ts';
import {
  importJournal,
  type JournalToImport,
  prepareJournal,
  trialBalance,
} from '../support/journal-import.ts';

const transactions = 5_000;
const deployed = deployedApi();
let journal: JournalToImport;
let token: string;

beforeAll(async () => {
  token = await deployed.token({ tenant: `household-${randomUUID().slice(0, 8)}` });
  journal = prepareJournal(transactions);
});
afterAll(() => journal.remove());

const allRows = () =>
  Promise.all(
    deployed.outputs.postgres
      .filter(({ name }) => name.startsWith('postgres-'))
      .map(async ({ host, port }) => {
        const { postgres: password } = deployed.secrets;
        const client = new pg.Client({ host, port, user: 'postgres', password, database: 'atlas' });
        await client.connect();
        const counts = await countRows(client);
        await client.end();
        return counts;
      }),
  );

describe(`a journal of ${transactions} transactions over HTTP`, () => {
  it('ends with the balances hledger has, and changes no row when it comes again', async () => {
    const first = await importJournal(deployed.api, token, journal.json);
    expect(first.refused).toEqual([]);
    expect(first.imported + first.empty).toBe(transactions);
    expect(await trialBalance(deployed.api, token)).toEqual(journal.expected);

    const before = await allRows();
    const again = await importJournal(deployed.api, token, journal.json);
    expect(again).toMatchObject({ imported: 0, already: first.imported, refused: [] });
    expect(await allRows()).toEqual(before);
  }, 600_000);
});
