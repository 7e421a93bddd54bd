import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiClient } from '../support/api-client.ts';
import { countRows } from '../support/count-rows.ts';
import { deployedApi } from '../support/deployed-api.ts';
import {
  importJournal,
  type JournalToImport,
  prepareJournal,
  trialBalance,
} from '../support/journal-import.ts';
import { pollUntil } from '../support/poll.ts';

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

/** The accounts whose eventual balance is not yet what the ledger says. */
const accountsBehind = async (): Promise<string[]> => {
  const client = apiClient(deployed.api, token);
  const behind: string[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: '200', ...(cursor === null ? {} : { cursor }) });
    const { items, nextCursor } = (await client.get(`/v1/accounts?${query.toString()}`)).body;
    for (const { accountId } of items) {
      const path = `/v1/accounts/${accountId}/balance`;
      const viewed = await client.get(`${path}?consistency=eventual`);
      const recorded = await client.get(`${path}?consistency=linearizable`);
      if (viewed.body.version !== recorded.body.version) behind.push(accountId);
      else expect(viewed.body).toEqual(recorded.body);
    }
    cursor = nextCursor;
  } while (cursor !== null);
  return behind;
};

describe(`a journal of ${transactions} transactions over HTTP`, () => {
  it('ends with the balances hledger has, in the read model too, and changes no row when it comes again', async () => {
    const first = await importJournal(deployed.api, token, journal.json);
    expect(first.refused).toEqual([]);
    expect(first.imported + first.empty).toBe(transactions);
    expect(await trialBalance(deployed.api, token)).toEqual(journal.expected);

    const before = await allRows();
    const again = await importJournal(deployed.api, token, journal.json);
    expect(again).toMatchObject({ imported: 0, already: first.imported, refused: [] });
    expect(await allRows()).toEqual(before);

    expect(await pollUntil(accountsBehind, (behind) => behind.length === 0, 300_000)).toEqual([]);
    // LocalStack answers about seventeen requests a second on two cores, of some twelve thousand.
  }, 1_800_000);
});
