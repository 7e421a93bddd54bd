import { randomUUID } from 'node:crypto';
import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, apiClient } from '../../support/api-client.ts';
import { startTestApi, type TestApi } from '../../support/test-api.ts';
import { uploadFile } from '../../support/upload-file.ts';

let test: TestApi;
let client: ApiClient;
let bank: string;
let world: string;

const csv = {
  delimiter: ';',
  columns: { date: 'Buchungstag', amount: 'Betrag', reference: 'Zweck' },
  dateFormat: 'dd.MM.yyyy',
  decimalSeparator: ',',
};
const csvFile = (...lines: readonly string[]): string =>
  `Buchungstag;Betrag;Zweck\n${lines.join('\n')}\n`;

/** A posting between the bank's account and the world: a positive amount comes in. */
const booked = (day: string, amount: number, reference: string | null = null) => {
  const [debitAccountId, creditAccountId] = amount > 0 ? [world, bank] : [bank, world];
  const posting = { debitAccountId, creditAccountId, amount: String(Math.abs(amount)) };
  const facts = { reference, effectiveAt: `${day}T12:00:00Z` };
  return client.post('/v1/transfers', { postings: [posting], ...facts });
};

const send = (uploadId: string, more: object = {}, key: string = randomUUID(), by = client) =>
  by.post(
    '/v1/reconciliations',
    { accountId: bank, uploadId, format: 'csv', csv, ...more },
    { 'Idempotency-Key': key },
  );

const itemsOf = async (reconciliationId: string, query = '') =>
  (await client.get(`/v1/reconciliations/${reconciliationId}/items${query}`)).body;

beforeAll(async () => {
  test = await startTestApi();
  client = apiClient(test.api, await test.issuer.token());
  await client.asset('EUR');
  bank = await client.account({ name: 'bank' });
  world = await client.account({ name: 'world' });
  await booked('2026-10-02', 125_000, 'Miete Haus 7');
  await booked('2026-10-05', -8_990, 'Strom');
  await booked('2026-10-20', -1_230, 'Karte');
  await booked('2026-09-29', -500);
  await booked('2026-08-01', -77);
  // Reserved is not posted: it is on no statement.
  const hold = { debitAccountId: bank, creditAccountId: world, amount: '4000' };
  await client.post('/v1/holds', hold);
});
afterAll(() => test.close());

const october = csvFile(
  '01.10.2026;-5,00;Kontoführung',
  '03.10.2026;1.250,00;MIETE haus7',
  '06.10.2026;-89,90;',
  '31.10.2026;-49,00;Versicherung',
  '31.10.2026;0,00;Abschluss',
);

describe('a reconciliation', () => {
  it('tells what is matched, missing and extra, in figures and item by item', async () => {
    const made = await send(await uploadFile(client, october));

    expect([made.status, made.body.code]).toEqual([201, undefined]);
    const { reconciliationId } = made.body;
    expect(made.headers.location).toBe(`/v1/reconciliations/${reconciliationId}`);
    expect(made.body).toMatchObject({
      accountId: bank,
      asset: 'EUR',
      accountVersion: '7',
      format: 'csv',
      rules: { dateWindowDays: 3, reference: 'preferred' },
      inverted: false,
      periodFrom: '2026-10-01',
      periodTo: '2026-10-31',
      lines: 4,
      matched: 3,
      missing: 1,
      extra: 1,
      matchedAmount: '115510',
      missingAmount: '-4900',
      extraAmount: '-1230',
    });
    expect((await client.get(made.headers.location ?? '')).body).toEqual(made.body);

    const { items, nextCursor } = await itemsOf(reconciliationId);
    expect(nextCursor).toBeNull();
    expect(items).toMatchObject([
      {
        outcome: 'matched',
        line: { number: 1, date: '2026-10-01', amount: '-500', reference: 'Kontoführung' },
        entry: { amount: '-500', effectiveAt: '2026-09-29T12:00:00.000Z', reference: null },
      },
      { outcome: 'matched', line: { number: 2 }, entry: { version: '2', amount: '125000' } },
      { outcome: 'matched', line: { number: 3, reference: null }, entry: { version: '3' } },
      { outcome: 'missing', line: { number: 4, amount: '-4900' }, entry: null },
      {
        outcome: 'extra',
        line: null,
        entry: { version: '4', amount: '-1230', reference: 'Karte' },
      },
    ]);
    const transfer = await client.get(`/v1/transfers/${items[4].entry.transferId}`);
    expect(transfer.body.reference).toBe('Karte');
  });

  it('is queried by outcome, in pages that meet without overlap', async () => {
    const { body } = await send(await uploadFile(client, october));
    const outcomes = async (query: string) =>
      (await itemsOf(body.reconciliationId, query)).items.map(
        (item: { outcome: string }) => item.outcome,
      );
    expect(await outcomes('?outcome=matched')).toEqual(['matched', 'matched', 'matched']);
    expect(await outcomes('?outcome=missing')).toEqual(['missing']);
    expect(await outcomes('?outcome=extra')).toEqual(['extra']);
    const walked: unknown[] = [];
    let path: string | undefined = `/v1/reconciliations/${body.reconciliationId}/items?limit=2`;
    while (path !== undefined) {
      const page = await client.get(path);
      walked.push(...page.body.items);
      path = /^<([^>]+)>; rel="next"$/.exec(page.headers.link ?? '')?.[1];
    }
    expect(walked).toEqual((await itemsOf(body.reconciliationId)).items);
    const listed = await client.get(`/v1/reconciliations?accountId=${bank}`);
    expect(listed.body.items).toContainEqual(body);
    const others = await client.get(`/v1/reconciliations?accountId=${world}`);
    expect(others.body.items).toEqual([]);
  });

  it('sees the statement from the other side where it is told so', async () => {
    const uploadId = await uploadFile(client, csvFile('05.10.2026;89,90;Strom'));
    const straight = await send(uploadId);
    const turned = await send(uploadId, { inverted: true });
    expect(straight.body).toMatchObject({ matched: 0, missing: 1, missingAmount: '8990' });
    expect(turned.body).toMatchObject({ matched: 1, matchedAmount: '-8990', inverted: true });
  });

  it('keeps to its rules', async () => {
    const uploadId = await uploadFile(client, october);
    const strict = await send(uploadId, { rules: { dateWindowDays: 0, reference: 'ignored' } });
    expect(strict.body).toMatchObject({ matched: 0, missing: 4, extra: 3 });
    const required = await send(uploadId, { rules: { reference: 'required' } });
    expect(required.body).toMatchObject({ matched: 1, missing: 3, extra: 2 });
    expect(required.body.rules).toEqual({ dateWindowDays: 3, reference: 'required' });
  });

  it('reads CAMT.053, with the period that it says', async () => {
    const entry = (amount: string, indicator: string, day: string, reference: string) => `
      <Ntry><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>${indicator}</CdtDbtInd>
        <Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>${day}</Dt></BookgDt>
        <NtryDtls><TxDtls><Refs><EndToEndId>${reference}</EndToEndId></Refs></TxDtls></NtryDtls>
      </Ntry>`;
    const message = `<?xml version="1.0"?>
      <Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
      <FrToDt><FrDtTm>2026-10-01T00:00:00</FrDtTm><ToDtTm>2026-10-31T00:00:00</ToDtTm></FrToDt>
      ${entry('1250.00', 'CRDT', '2026-10-02', 'MieteHaus7')}
      ${entry('89.9', 'DBIT', '2026-10-07', 'NOTPROVIDED')}
      </Stmt></BkToCstmrStmt></Document>`;
    const uploadId = await uploadFile(client, message, 'application/xml');
    const { body } = await send(uploadId, { format: 'camt053', csv: undefined });
    expect(body).toMatchObject({ matched: 2, missing: 0, extra: 1, periodTo: '2026-10-31' });
  });

  it('is repeated from its key, also when the upload is gone', async () => {
    const uploadId = await uploadFile(client, october);
    const key = randomUUID();
    const first = await send(uploadId, {}, key);
    const { ATLAS_UPLOADS_BUCKET: Bucket, AWS_ENDPOINT_URL: endpoint = '' } = test.environment;
    const s3 = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
    await s3.send(new DeleteObjectCommand({ Bucket, Key: `acme/${uploadId}` }));
    s3.destroy();
    const again = await send(uploadId, {}, key);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect([again.status, again.body]).toEqual([201, first.body]);
    const other = await send(uploadId, { inverted: true }, key);
    expect(other.body.code).toBe('idempotency-key-reused');
    expect((await send(uploadId)).body).toMatchObject({ status: 404, code: 'upload-not-found' });
  });

  it('makes one effect of twenty requests at once under one key', async () => {
    const uploadId = await uploadFile(client, october);
    const account = await client.account();
    const key = randomUUID();
    const more = { accountId: account };
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(uploadId, more, key)));
    for (const { status } of answers) expect([201, 409]).toContain(status);
    const ids = answers.flatMap(({ body }) => body.reconciliationId ?? []);
    expect(new Set(ids).size).toBe(1);
    const listed = await client.get(`/v1/reconciliations?accountId=${account}`);
    expect(listed.body.items).toHaveLength(1);
  });

  it('lives with an account that was hashed to another shard', async () => {
    const uploadId = await uploadFile(client, october);
    const keys = Array.from({ length: 8 }, (_, i) => `key-${i}`);
    for (const partitionKey of keys) {
      const accountId = await client.account({ partitionKey });
      const key = randomUUID();
      const made = await send(uploadId, { accountId }, key);
      expect(made.body).toMatchObject({ accountId, missing: 4, extra: 0, accountVersion: '1' });
      expect((await send(uploadId, { accountId }, key)).body).toEqual(made.body);
      expect((await client.get(made.headers.location ?? '')).body).toEqual(made.body);
    }
  });

  it('is nobody else’s, and neither is the upload', async () => {
    const uploadId = await uploadFile(client, october);
    const { body } = await send(uploadId);
    const mallory = apiClient(test.api, await test.issuer.token({ tenant: 'mallory' }));
    await mallory.asset('EUR');
    const own = await mallory.account();
    const answers = [
      await send(uploadId, { accountId: own }, undefined, mallory),
      await send(uploadId, {}, undefined, mallory),
      await mallory.get(`/v1/reconciliations/${body.reconciliationId}`),
      await mallory.get(`/v1/reconciliations/${body.reconciliationId}/items`),
    ];
    expect(answers.map((answer) => answer.body.code)).toEqual([
      'upload-not-found',
      'account-not-found',
      'reconciliation-not-found',
      'reconciliation-not-found',
    ]);
    expect((await mallory.get('/v1/reconciliations')).body.items).toEqual([]);
  });
});

describe('a statement that cannot be reconciled', () => {
  it('is told line by line, and again under the same key', async () => {
    const file = csvFile('31.02.2026;1,00;', '01.10.2026;1.00;', '01.10.2026;1,00;');
    const key = randomUUID();
    const uploadId = await uploadFile(client, file);
    const { body } = await send(uploadId, {}, key);
    expect(body).toMatchObject({ status: 422, code: 'statement-unreadable', retryable: false });
    expect(body.errors).toEqual([
      {
        pointer: '/uploadId',
        line: 2,
        detail: 'has no date of the form dd.MM.yyyy in "Buchungstag"',
      },
      { pointer: '/uploadId', line: 3, detail: 'has no amount with "," in "Betrag"' },
    ]);
    const again = await send(uploadId, {}, key);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body.errors).toEqual(body.errors);
  });

  it('names no more than twenty of its lines', async () => {
    const file = csvFile(...Array.from({ length: 30 }, () => 'someday;1,00;'));
    expect((await send(await uploadFile(client, file))).body.errors).toHaveLength(20);
  });

  it.each([
    [
      'is not UTF-8',
      Buffer.from(csvFile('01.10.2026;1,00;Köln'), 'latin1'),
      'is not text in UTF-8',
    ],
    ['is empty but for its header', csvFile(), 'has no line and names no period'],
    [
      'has an amount beyond 64 bits',
      csvFile('01.10.2026;92.233.720.368.547.758,08;'),
      'has an amount that does not fit into 64 bits',
    ],
  ])('is unreadable when it %s', async (_, file, detail) => {
    const { body } = await send(await uploadFile(client, new Uint8Array(Buffer.from(file))));
    expect(body).toMatchObject({ code: 'statement-unreadable', errors: [{ detail }] });
  });

  it('has no more decimals than the asset, but zeros', async () => {
    const { body } = await send(await uploadFile(client, csvFile('01.10.2026;1,005;')));
    expect(body).toMatchObject({
      status: 422,
      code: 'statement-too-precise',
      asset: 'EUR',
      scale: 2,
      errors: [{ line: 2 }],
    });
    const zeros = await send(await uploadFile(client, csvFile('05.10.2026;-89,9000;')));
    expect(zeros.body).toMatchObject({ matched: 1 });
  });

  it('is in the currency of the account', async () => {
    const message = `<Document><BkToCstmrStmt><Stmt><Ntry><Amt Ccy="USD">1.00</Amt>
      <CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-10-01</Dt></BookgDt>
      </Ntry></Stmt></BkToCstmrStmt></Document>`;
    const uploadId = await uploadFile(client, message, 'application/xml');
    const { body } = await send(uploadId, { format: 'camt053', csv: undefined });
    expect(body).toMatchObject({
      status: 422,
      code: 'statement-currency-mismatch',
      asset: 'EUR',
      errors: [{ pointer: '/uploadId', line: 1, detail: 'has an amount that is not in EUR' }],
    });
  });

  it('has at most ten thousand lines, and five megabytes', async () => {
    const many = Array.from({ length: 10_001 }, () => '01.10.2026;1,00;');
    const tooMany = await send(await uploadFile(client, csvFile(...many)));
    expect(tooMany.body).toMatchObject({
      code: 'statement-too-large',
      what: 'lines',
      most: 10_000,
    });
    const file = (bytes: number) => csvFile('01.10.2026;1,00;').padEnd(bytes, '\n');
    const large = await send(await uploadFile(client, file(5 * 1024 * 1024)));
    expect(large.body).toMatchObject({ lines: 1 });
    const tooLarge = await send(await uploadFile(client, file(5 * 1024 * 1024 + 1)));
    expect(tooLarge.body).toMatchObject({
      code: 'statement-too-large',
      what: 'bytes',
      most: 5_242_880,
    });
    const most = await send(await uploadFile(client, csvFile(...many.slice(1))));
    expect(most.body).toMatchObject({ lines: 10_000, missing: 10_000, missingAmount: '1000000' });
  });

  it('names a file that was sent, and columns that make an amount', async () => {
    const nothing = await send('0'.repeat(32));
    expect(nothing.body).toMatchObject({ status: 404, code: 'upload-not-found' });
    const uploadId = await uploadFile(client, october);
    const pointer = async (more: object) => (await send(uploadId, more)).body.errors?.[0]?.pointer;
    expect(await pointer({ csv: undefined })).toBe('/csv');
    expect(await pointer({ format: 'camt053' })).toBe('/csv');
    const columns = { date: 'a', debit: 'b' };
    expect(await pointer({ csv: { ...csv, columns } })).toBe('/csv/columns');
    expect(await pointer({ rules: { dateWindowDays: 31 } })).toBe('/rules/dateWindowDays');
    expect(await pointer({ uploadId: '../acme/x' })).toBe('/uploadId');
  });
});
