import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ledgerClient } from '../../../localstack/import/ledger-client.ts';
import { readJsonLines } from '../../../localstack/import/read-json-lines.ts';
import { runImport } from '../../../localstack/import/run-import.ts';
import { countRows } from '../../support/count-rows.ts';
import {
  importJournal,
  type JournalToImport,
  prepareJournal,
  trialBalance,
} from '../../support/journal-import.ts';
import { startTestApi, type TestApi } from '../../support/test-api.ts';

const transactions = 5_000;
let test: TestApi;
let journal: JournalToImport;
let token: string;

beforeAll(async () => {
  test = await startTestApi();
  token = await test.issuer.token({ tenant: 'household' });
  journal = prepareJournal(transactions);
});
afterAll(async () => {
  journal.remove();
  await test.close();
});

const allRows = async () => {
  const clients = await Promise.all([test.database.admin(0), test.database.admin(1)]);
  const counts = await Promise.all(clients.map(countRows));
  await Promise.all(clients.map((client) => client.end()));
  return counts;
};

describe(`a journal of ${transactions} transactions`, () => {
  it('goes on where it was interrupted, and ends with the balances hledger has', async () => {
    const stop = new AbortController();
    const interrupting: typeof test.api = async (request) => {
      const answer = await test.api(request);
      if (request.path === '/v1/transfers') sent += 1;
      if (sent >= 1_000) stop.abort();
      return answer;
    };
    let sent = 0;
    const first = await importJournal(interrupting, token, journal.json, stop.signal);
    expect(first.interrupted).toBe(true);
    expect(first.imported).toBeGreaterThanOrEqual(1_000);

    const second = await importJournal(test.api, token, journal.json);
    expect(second.refused).toEqual([]);
    expect(second.already).toBe(first.imported);
    expect(second.imported + second.already + second.empty).toBe(transactions);
    expect(second.empty).toBeGreaterThan(0);
    expect(await trialBalance(test.api, token)).toEqual(journal.expected);
  }, 240_000);

  it('changes no row when it is imported again', async () => {
    const before = await allRows();
    const again = await importJournal(test.api, token, journal.json);
    expect(again).toMatchObject({ imported: 0, refused: [], interrupted: false });
    expect(await allRows()).toEqual(before);
  }, 240_000);
});

describe('a file with mistakes', () => {
  it('is imported but for them, each named with its line and its reason', async () => {
    const file = join(journal.json, '..', 'lines.jsonl');
    const lines = [
      '{"type":"asset","code":"EUR","scale":2}',
      '{"type":"account","ref":"world","asset":"EUR","minBalance":null}',
      '{"type":"account","ref":"alice","asset":"EUR"}',
      '{"type":"transfer","postings":[{"debit":"world","credit":"alice","amount":"5"}]}',
      '{"type":"transfer","postings":[{"debit":"alice","credit":"world","amount":"6"}]}',
      '{"type":"transfer","postings":[{"debit":"alice","credit":"nobody","amount":"1"}]}',
      'not json',
      '{"type":"transfr"}',
      '{"type":"transfer","postings":[{"debit":"world","credit":"alice","amount":"5"}]}',
    ];
    writeFileSync(file, lines.join('\n'));
    const client = ledgerClient(test.api, await test.issuer.token({ tenant: 'lines' }));
    const run = () => runImport({ items: readJsonLines(file), client, concurrency: 1 });

    const report = await run();

    // The two equal transfers are two.
    expect(report.imported).toBe(2);
    expect(report.refused.map(({ where }) => where)).toEqual([
      'line 5',
      'line 6',
      'line 7',
      'line 8',
    ]);
    expect(report.refused[0]?.reason).toContain('insufficient-funds');
    expect(report.refused[1]?.reason).toContain('nobody');
    expect(await run()).toMatchObject({ imported: 0, already: 2 });
  });
});
