import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decimalText } from '../../localstack/import/decimal.ts';
import { ledgerClient } from '../../localstack/import/ledger-client.ts';
import { commodityOf } from '../../localstack/import/names.ts';
import { readJournal } from '../../localstack/import/read-journal.ts';
import { type ImportReport, runImport } from '../../localstack/import/run-import.ts';
import { hledgerBalances, printJson } from './hledger.ts';
import type { Api } from './in-process-api.ts';
import { generateJournal } from './journal-generator.ts';

export interface JournalToImport {
  readonly json: string;
  readonly expected: ReadonlyMap<string, string>;
  remove(): void;
}

/** A generated journal, as hledger prints it, and as hledger adds it up. */
export const prepareJournal = (transactions: number): JournalToImport => {
  const folder = mkdtempSync(join(tmpdir(), 'atlas-journal-'));
  const journal = join(folder, 'generated.journal');
  const json = join(folder, 'generated.json');
  writeFileSync(journal, generateJournal(transactions));
  writeFileSync(json, printJson(journal));
  return {
    json,
    expected: hledgerBalances(journal),
    remove: () => rmSync(folder, { recursive: true }),
  };
};

export const importJournal = (
  api: Api,
  token: string,
  file: string,
  signal?: AbortSignal,
): Promise<ImportReport> =>
  runImport({
    items: readJournal(file),
    client: ledgerClient(api, token),
    concurrency: 8,
    ...(signal === undefined ? {} : { signal }),
  });

/** The trial balance in hledger's terms: exact decimals, debits positive, nothing that is zero. */
export const trialBalance = async (api: Api, token: string): Promise<Map<string, string>> => {
  const headers = { Authorization: `Bearer ${token}` };
  const get = async (path: string) => (await api({ method: 'GET', path, headers })).body;
  const scales = new Map<string, number>();
  for (const { code, scale } of (await get('/v1/assets?limit=200')).items) scales.set(code, scale);
  const balances = new Map<string, string>();
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: '200', ...(cursor === null ? {} : { cursor }) });
    const page = await get(`/v1/reports/trial-balance?${query.toString()}`);
    for (const { name, asset, balance } of page.items) {
      const mantissa = -BigInt(balance);
      if (mantissa === 0n) continue;
      const amount = decimalText({ mantissa, places: scales.get(asset) ?? 0 });
      balances.set(`${name} | ${commodityOf(asset)}`, amount);
    }
    cursor = page.nextCursor;
  } while (cursor !== null);
  return balances;
};
