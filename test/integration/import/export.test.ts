import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PostgresHoldExpiry, postgresHoldExpiry } from '@atlas/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hledgerJson } from '../../../localstack/export/hledger-json.ts';
import { jsonLines } from '../../../localstack/export/json-lines.ts';
import { type LedgerHistory, readLedger } from '../../../localstack/export/read-ledger.ts';
import type { WireAccount } from '../../../localstack/export/wire-types.ts';
import { decimalText } from '../../../localstack/import/decimal.ts';
import { ledgerClient } from '../../../localstack/import/ledger-client.ts';
import { readJournal } from '../../../localstack/import/read-journal.ts';
import { readJsonLines } from '../../../localstack/import/read-json-lines.ts';
import { runImport } from '../../../localstack/import/run-import.ts';
import { type ApiClient, apiClient } from '../../support/api-client.ts';
import { printJson } from '../../support/hledger.ts';
import { trialBalance } from '../../support/journal-import.ts';
import { call } from '../../support/ledger.ts';
import { pollUntil } from '../../support/poll.ts';
import { randomHistory } from '../../support/random-history.ts';
import { startTestApi, type TestApi } from '../../support/test-api.ts';

let test: TestApi;
let expiry: PostgresHoldExpiry;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'atlas-export-'));
  test = await startTestApi();
  expiry = postgresHoldExpiry({ shards: test.database.jobs, namedStatements: true });
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await expiry.close();
  await test.close();
});

const clientOf = async (tenant: string) => apiClient(test.api, await test.issuer.token({ tenant }));
const readerOf = async (tenant: string) =>
  ledgerClient(test.api, await test.issuer.token({ tenant }));

const write = (name: string, lines: Iterable<string>): string => {
  const file = join(folder, name);
  writeFileSync(file, [...lines].join('\n'));
  return file;
};

const importLines = async (tenant: string, file: string) =>
  runImport({ items: readJsonLines(file), client: await readerOf(tenant), concurrency: 1 });

const allOf = async (client: ApiClient, path: string) => {
  const items: Record<string, unknown>[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = new URLSearchParams({ limit: '200', ...(cursor === '' ? {} : { cursor }) });
    const { body } = await client.get(`${path}?${query.toString()}`);
    items.push(...body.items);
    cursor = body.nextCursor;
  }
  return items;
};

const without = (value: Readonly<Record<string, unknown>>, ...names: readonly string[]) =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));

/** Accounts by their metadata `n`, each with all that a second ledger can have in common with it. */
const pictureOf = async (tenant: string) => {
  const client = await clientOf(tenant);
  const accounts = await allOf(client, '/v1/accounts');
  const transfers = new Map(
    (await allOf(client, '/v1/transfers')).map((transfer) => [transfer.transferId, transfer]),
  );
  const byNumber = new Map<string, unknown>();
  for (const account of accounts) {
    const { n = '' } = account.metadata as Record<string, string>;
    const entries = await allOf(client, `/v1/accounts/${String(account.accountId)}/entries`);
    byNumber.set(n, {
      ...without(account, 'accountId', 'openedAt', 'metadataVersion'),
      entries: entries.map((entry) => {
        const { holdId, effectiveAt } = entry;
        const transfer = transfers.get(entry.transferId);
        // Captures and holds are effective when they are recorded, which is another time there.
        const own = transfer !== undefined && transfer.holdId === null;
        const { reference, metadata, reverses } = transfer ?? {};
        return {
          ...without(entry, 'accountId', 'transferId', 'holdId', 'recordedAt', 'effectiveAt'),
          ofHold: holdId !== null,
          ...(own ? { effectiveAt } : {}),
          ...(own ? { reference, metadata, isReversal: reverses !== null } : {}),
        };
      }),
    });
  }
  return byNumber;
};

/** A hold that ends by its time. */
const letOneExpire = async (client: ApiClient, debitAccountId: string, creditAccountId: string) => {
  const placed = await client.post('/v1/holds', {
    debitAccountId,
    creditAccountId,
    amount: '1',
    expiresAt: new Date(Date.now() + 1_000).toISOString(),
  });
  expect(placed.status).toBe(201);
  const expired = () => expiry.expireDue(10, call());
  expect(await pollUntil(expired, ({ expired: count }) => count === 1, 20_000)).toMatchObject({
    expired: 1,
  });
};

describe('an exported tenant', () => {
  let history: LedgerHistory;

  beforeAll(async () => {
    const client = await clientOf('exported');
    const ids = await randomHistory(client, 240, 17);
    await letOneExpire(client, ids[0] ?? '', ids[4] ?? '');
    await client.post(`/v1/accounts/${ids[2]}/freeze`, {});
    history = await readLedger(await readerOf('exported'));
  }, 120_000);

  it('has a bit of everything', () => {
    const types = new Set(history.operations.map(({ type }) => type));
    expect([...types].toSorted()).toEqual(['capture', 'hold', 'release', 'transfer']);
    const transfers = history.operations.flatMap((one) =>
      one.type === 'transfer' ? [one.transfer] : [],
    );
    expect(transfers.some(({ reverses }) => reverses !== null)).toBe(true);
    expect(transfers.some(({ postings }) => postings.length > 1)).toBe(true);
    const captures = history.operations.filter(({ type }) => type === 'capture');
    expect(captures.some((one) => one.type === 'capture' && !one.final)).toBe(true);
  });

  it('imported into an empty one gives equal balances, entries and versions', async () => {
    const file = write('exported.jsonl', jsonLines(history));
    const report = await importLines('imported', file);
    expect(report.refused).toEqual([]);
    const expected = await pictureOf('exported');
    expect(expected.size).toBe(12);
    expect(await pictureOf('imported')).toEqual(expected);

    expect(await importLines('imported', file)).toMatchObject({ imported: 0, refused: [] });
    expect(await pictureOf('imported')).toEqual(expected);
  }, 120_000);

  it('is not the same when it is imported in another order', async () => {
    const lines = [...jsonLines(history)];
    const isOperation = (line: string) => !/"type":"(?:asset|account|change)"/.test(line);
    const file = write('disordered.jsonl', [
      ...lines.filter((line) => !isOperation(line)),
      ...lines.filter(isOperation).toReversed(),
    ]);
    await importLines('disordered', file);
    expect(await pictureOf('disordered')).not.toEqual(await pictureOf('exported'));
  }, 120_000);

  it("exported as hledger's JSON and imported gives an equal trial balance", async () => {
    const file = write('exported.json', hledgerJson(history));
    const client = await readerOf('journal');
    const report = await runImport({ items: readJournal(file), client, concurrency: 8 });
    expect(report.refused).toEqual([]);

    // Names that two accounts share, or that none has, are told apart by ids.
    const { accounts, assets } = history;
    const nameOf = ({ accountId, asset, name }: WireAccount): string => {
      const others = accounts.filter((other) => other.asset === asset && other.name === name);
      if (name === null) return `atlas:${accountId}`;
      return others.length === 1 ? name : `${name}:${accountId}`;
    };
    const expected = accounts.flatMap((account): [string, string][] => {
      const mantissa = -BigInt(account.balance);
      const places = assets.find(({ code }) => code === account.asset)?.scale ?? 0;
      const key = `${nameOf(account)} | ${account.asset}`;
      return mantissa === 0n ? [] : [[key, decimalText({ mantissa, places })]];
    });
    expect(expected.length).toBeGreaterThan(6);
    const token = await test.issuer.token({ tenant: 'journal' });
    expect(await trialBalance(test.api, token)).toEqual(new Map(expected));
    const journal = JSON.parse([...hledgerJson(history)].join('\n'));
    expect(journal.length).toBe(report.imported);
  }, 120_000);

  it('is a journal in the shape that hledger itself prints', () => {
    const source = write('one.journal', ['2026-01-02 x', '  a  1.50 EUR', '  b']);
    const [theirs] = JSON.parse(printJson(source));
    const [ours] = JSON.parse([...hledgerJson(history)].join('\n'));
    const shape = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.slice(0, 1).map(shape);
      if (typeof value !== 'object' || value === null) return 'leaf';
      const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
      return Object.fromEntries(members.map(([name, member]) => [name, shape(member)]));
    };
    // Ours has a tag.
    expect(shape(without(ours, 'ttags'))).toEqual(shape(without(theirs, 'ttags')));
  });
});

describe('a ledger that changes while it is read', () => {
  it('is not exported half', async () => {
    const client = await clientOf('busy');
    await client.asset('EUR');
    const [a, b] = [await client.account({ name: 'a' }), await client.account({ name: 'b' })];
    await client.transfer(a, b, '5');
    let isPosted = false;
    const token = await test.issuer.token({ tenant: 'busy' });
    const reader = ledgerClient(async (request) => {
      const answer = await test.api(request);
      if (request.path.includes('/entries') && !isPosted) {
        isPosted = true;
        await client.transfer(a, b, '7');
      }
      return answer;
    }, token);

    await expect(readLedger(reader)).rejects.toThrow('changed while it was read');
  });
});
