import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, apiClient } from '../../support/api-client.ts';
import { countRows } from '../../support/count-rows.ts';
import { startTestApi, type TestApi } from '../../support/test-api.ts';

let test: TestApi;
let admins: readonly pg.Client[];
let client: ApiClient;
let world: string;
let alice: string;

beforeAll(async () => {
  test = await startTestApi();
  admins = [await test.database.admin(0), await test.database.admin(1)];
  client = apiClient(test.api, await test.issuer.token());
  await client.asset('EUR');
  world = await client.account();
  alice = await client.account({ minBalance: '0' });
  await client.transfer(world, alice, '1000');
});
afterAll(async () => {
  for (const admin of admins) await admin.end();
  await test.close();
});

/** Every row, and the outboxes, which nothing drains here. */
const everything = async () => {
  const rows = [];
  for (const admin of admins) {
    const { rows: outbox } = await admin.query('SELECT count(*) AS n FROM ledger.outbox');
    const { rows: accounts } = await admin.query('SELECT * FROM ledger.account ORDER BY 1');
    rows.push(await countRows(admin), outbox, accounts);
  }
  return rows;
};

const hold = () => ({ debitAccountId: alice, creditAccountId: world, amount: '30' });
const posting = () => ({ debitAccountId: alice, creditAccountId: world, amount: '5' });
const placed = async () => (await client.post('/v1/holds', hold())).body.holdId;

/** Each prepares what it needs, and says where to send what. */
const requests: Readonly<Record<string, () => Promise<readonly [string, unknown]>>> = {
  'a transfer': async () => ['/v1/transfers', { postings: [posting(), posting()] }],
  'a reversal': async () => {
    const { transferId } = (await client.transfer(world, alice, '7')).body;
    return [`/v1/transfers/${transferId}/reversal`, { reference: 'a mistake' }];
  },
  'a batch': async () => [
    '/v1/transfers/batch',
    {
      atomic: false,
      items: [
        { type: 'hold', ...hold() },
        { type: 'capture', item: 0, amount: '10' },
        { type: 'transfer', postings: [{ ...posting(), amount: '100000' }] },
      ],
    },
  ],
  'a hold': async () => ['/v1/holds', hold()],
  'a capture': async () => [`/v1/holds/${await placed()}/capture`, { amount: '3', final: false }],
  'a void': async () => [`/v1/holds/${await placed()}/void`, undefined],
};

/** Without what each request has of its own: new ids, and the time. */
const withoutOwn = (body: unknown, known: string): unknown =>
  JSON.parse(
    JSON.stringify(body, (name, value) => {
      if (name.endsWith('At') && typeof value === 'string') return 'a time';
      return name.endsWith('Id') && !known.includes(value) ? 'an id' : value;
    }),
  );

describe('a dry run', () => {
  it.each(Object.entries(requests))('of %s says what would be done', async (_, prepare) => {
    const [path, body] = await prepare();
    const key = { 'Idempotency-Key': randomUUID() };
    const before = await everything();

    const dry = await client.post(`${path}?dryRun=true`, body, key);

    expect(dry.status).toBe(200);
    expect(dry.headers['atlas-dry-run']).toBe('true');
    expect(dry.headers.location).toBeUndefined();
    expect(await everything()).toEqual(before);
    // The same request under the same key is not a repetition, and does it.
    const done = await client.post(path, body, key);
    expect(done.headers['idempotency-replayed']).toBeUndefined();
    expect(done.headers['atlas-dry-run']).toBeUndefined();
    expect(await everything()).not.toEqual(before);
    const known = `${path} ${world} ${alice}`;
    expect(withoutOwn(dry.body, known)).toEqual(withoutOwn(done.body, known));
  });

  it('is refused like the request, with the same problem', async () => {
    const far = await client.account({ partitionKey: 'elsewhere-1' });
    const frozen = await client.account();
    await client.post(`/v1/accounts/${frozen}/freeze`, undefined);
    const refused: readonly (readonly [string, object])[] = [
      ['/v1/transfers', { postings: [{ ...posting(), amount: '100000' }] }],
      ['/v1/transfers', { postings: [{ ...posting(), creditAccountId: frozen }] }],
      ['/v1/transfers', { postings: [{ ...posting(), creditAccountId: alice }] }],
      ['/v1/transfers', { postings: [{ ...posting(), creditAccountId: far }] }],
      ['/v1/holds', { ...hold(), expiresAt: '2001-01-01T00:00:00Z' }],
      [`/v1/holds/${alice}/capture`, {}],
      [`/v1/transfers/${alice}/reversal`, {}],
      ['/v1/transfers/batch', { items: [{ type: 'void', holdId: alice }] }],
    ];
    const codes: string[] = [];
    for (const [path, body] of refused) {
      const [dry, real] = [
        await client.post(`${path}?dryRun=true`, body),
        await client.post(path, body),
      ];
      const { requestId, ...problem } = dry.body;
      expect(real.body).toMatchObject(problem);
      expect(requestId).not.toBe(real.body.requestId);
      codes.push(real.body.code);
    }
    expect(codes).toEqual([
      'insufficient-funds',
      'account-frozen',
      'same-account',
      'cross-shard-transfer',
      'expiry-passed',
      'hold-not-found',
      'transfer-not-found',
      'batch-item-refused',
    ]);
  });

  it('takes true or false, and nothing like it', async () => {
    const body = { postings: [posting()] };
    const before = await everything();
    for (const query of ['dryRun=1', 'dryRun=', 'dryrun=true', 'dryRun=TRUE']) {
      const answer = await client.post(`/v1/transfers?${query}`, body);
      expect(answer.status).toBe(400);
      expect(answer.body.errors[0].pointer).toMatch(/^\/query\/dry[rR]un$/);
    }
    expect(await everything()).toEqual(before);
    expect((await client.post('/v1/transfers?dryRun=false', body)).status).toBe(201);
  });
});
