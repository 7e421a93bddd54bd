import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, apiClient } from '../../support/api-client.ts';
import type { ApiAnswer } from '../../support/in-process-api.ts';
import { startTestApi, type TestApi } from '../../support/test-api.ts';

let test: TestApi;
let client: ApiClient;
let world: string;
let sink: string;

beforeAll(async () => {
  test = await startTestApi();
  client = apiClient(test.api, await test.issuer.token());
  await client.asset('EUR');
  world = await client.account();
  sink = await client.account();
});
afterAll(() => test.close());

/** The same behaviour is demanded of both backends, and of transfers beside accounts. */
const backends = [
  {
    name: 'Postgres, transfers',
    path: '/v1/transfers',
    body: (n: number) => ({
      postings: [{ debitAccountId: world, creditAccountId: sink, amount: String(n) }],
    }),
    refused: () => ({
      postings: [{ debitAccountId: world, creditAccountId: world, amount: '1' }],
    }),
  },
  {
    name: 'Postgres, accounts',
    path: '/v1/accounts',
    body: (n: number) => ({ asset: 'EUR', name: `account ${n}` }),
    refused: () => ({ asset: 'NONE' }),
  },
  {
    name: 'DynamoDB, assets',
    path: '/v1/assets',
    body: (n: number) => ({ code: `A${n}`, scale: 2 }),
    refused: () => ({ code: 'EUR', scale: 3 }),
  },
];

const codeOf = (answer: ApiAnswer): string =>
  answer.status === 201 ? (answer.headers['idempotency-replayed'] ?? 'created') : answer.body.code;

describe.each(backends)('idempotency keys in $name', ({ path, body, refused }) => {
  const send = (key: string | undefined, content: unknown, to: ApiClient = client) =>
    to.post(
      path,
      content,
      key === undefined ? { 'Idempotency-Key': '' } : { 'Idempotency-Key': key },
    );

  it('answers a repeat with the first answer, and says so', async () => {
    const key = randomUUID();
    const first = await send(key, body(1));
    const again = await send(`"${key}"`, body(1));
    expect(first.status).toBe(201);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect([again.status, again.body]).toEqual([first.status, first.body]);
  });

  it('refuses the same key with another body', async () => {
    const key = randomUUID();
    await send(key, body(2));
    const other = await send(key, body(3));
    expect(other.body).toMatchObject({ status: 422, code: 'idempotency-key-reused' });
  });

  it('demands a key, and a well-formed one', async () => {
    const missing = await send(undefined, body(4));
    const malformed = await send('not one word', body(4));
    expect(missing.body).toMatchObject({ status: 400, code: 'idempotency-key-missing' });
    expect(malformed.body).toMatchObject({ status: 400, code: 'idempotency-key-malformed' });
  });

  it('replays a refusal', async () => {
    const key = randomUUID();
    const first = await send(key, refused());
    const again = await send(key, refused());
    expect(first.status).toBeGreaterThanOrEqual(400);
    expect(again.headers['idempotency-replayed']).toBe('true');
    const { requestId: _first, ...known } = first.body;
    expect(again.body).toMatchObject(known);
  });

  it('lets two tenants use the same key', async () => {
    const key = randomUUID();
    await send(key, refused());
    const stranger = apiClient(test.api, await test.issuer.token({ tenant: 'globex' }));
    const theirs = await send(key, refused(), stranger);
    expect(theirs.headers['idempotency-replayed']).toBeUndefined();
  });

  it('makes one effect of a hundred requests at once; the others wait or get its answer', async () => {
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 100 }, () => send(key, body(5))));
    const codes = answers.map(codeOf);
    expect(codes.filter((code) => code === 'created')).toHaveLength(1);
    expect(new Set(codes)).toEqual(new Set(['created', ...codes.filter((c) => c !== 'created')]));
    for (const code of codes) {
      expect(['created', 'true', 'idempotency-key-in-flight']).toContain(code);
    }
    for (const inFlight of answers.filter((answer) => answer.status === 409)) {
      expect(inFlight.headers['retry-after']).toBe('1');
    }
    const bodies = answers.filter((answer) => answer.status === 201).map((answer) => answer.body);
    for (const one of bodies) expect(one).toEqual(bodies[0]);
  });
});

describe('one key at two endpoints', () => {
  it('is refused at the second, since the key belongs to the tenant', async () => {
    const key = randomUUID();
    const first = await client.transfer(world, sink, '1', { 'Idempotency-Key': key });
    const second = await client.post('/v1/accounts', { asset: 'EUR' }, { 'Idempotency-Key': key });
    expect(first.status).toBe(201);
    expect(second.body).toMatchObject({ status: 422, code: 'idempotency-key-reused' });
  });

  it('is refused where the first one bound it to another shard', async () => {
    const key = randomUUID();
    const home = Number.parseInt(world.slice(15, 17), 16) >> 7;
    for (let i = 0; ; i += 1) {
      const opening = { asset: 'EUR', partitionKey: `away-${i}` };
      const answer = await client.post('/v1/accounts', opening, {
        'Idempotency-Key': `${key}-${i}`,
      });
      expect(answer.status).toBe(201);
      if (Number.parseInt(answer.body.accountId.slice(15, 17), 16) >> 7 === home) continue;
      const repeat = await client.post('/v1/accounts', opening, {
        'Idempotency-Key': `${key}-${i}`,
      });
      expect(repeat.body).toEqual(answer.body);
      const other = await client.transfer(world, sink, '1', { 'Idempotency-Key': `${key}-${i}` });
      expect(other.body).toMatchObject({ status: 422, code: 'idempotency-key-reused' });
      break;
    }
  });
});

describe('a refused transfer', () => {
  it('stays refused under its key after the balance has grown', async () => {
    const poor = await client.account({ minBalance: '0' });
    const key = { 'Idempotency-Key': randomUUID() };
    expect((await client.transfer(poor, sink, '5', key)).body.code).toBe('insufficient-funds');
    await client.transfer(world, poor, '100');
    const again = await client.transfer(poor, sink, '5', key);
    expect(again.body.code).toBe('insufficient-funds');
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect((await client.transfer(poor, sink, '5')).status).toBe(201);
  });
});
