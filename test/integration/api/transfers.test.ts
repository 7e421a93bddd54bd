import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, apiClient } from '../../support/api-client.ts';
import { startTestApi, type TestApi } from '../../support/test-api.ts';

let test: TestApi;
let client: ApiClient;

beforeAll(async () => {
  test = await startTestApi();
  client = apiClient(test.api, await test.issuer.token());
  await client.asset('EUR');
});
afterAll(() => test.close());

describe('moving money over the API', () => {
  it('answers 201 with a Location and the balances that are left', async () => {
    const world = await client.account();
    const alice = await client.account({ name: 'alice', minBalance: '0' });

    const answer = await client.transfer(world, alice, '1050');

    expect(answer.status).toBe(201);
    expect(answer.headers.location).toBe(`/v1/transfers/${answer.body.transferId}`);
    expect(answer.headers['x-request-id']).toBeTruthy();
    expect(answer.headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
    expect(answer.body.balances).toEqual([
      { accountId: world, version: '2', balance: '-1050', available: '-1050' },
      { accountId: alice, version: '2', balance: '1050', available: '1050' },
    ]);
    const read = await client.get(`/v1/transfers/${answer.body.transferId}`);
    expect(read.body).toEqual(answer.body);
    const balance = await client.get(`/v1/accounts/${alice}/balance`);
    expect(balance.headers['atlas-consistency']).toBe('linearizable');
    expect(balance.body).toMatchObject({ accountId: alice, balance: '1050', version: '2' });
  });

  it('refuses to overdraw with a problem that says how much is available', async () => {
    const world = await client.account();
    const poor = await client.account({ minBalance: '0' });
    await client.transfer(world, poor, '39');

    const answer = await client.transfer(poor, world, '40');

    expect(answer.status).toBe(422);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.body).toMatchObject({
      type: 'urn:atlas:problem:insufficient-funds',
      code: 'insufficient-funds',
      status: 422,
      retryable: false,
      accountId: poor,
      available: '39',
      minBalance: '0',
    });
  });

  it('lists entries, accounts and transfers in pages that meet without overlap', async () => {
    const world = await client.account({ name: 'paged' });
    const other = await client.account();
    for (let i = 1; i <= 5; i += 1) await client.transfer(world, other, String(i));

    const seen: string[] = [];
    let path: string | undefined = `/v1/accounts/${world}/entries?limit=2`;
    while (path !== undefined) {
      const page = await client.get(path);
      expect(page.status).toBe(200);
      seen.push(...page.body.items.map((entry: { amount: string }) => entry.amount));
      path = /^<([^>]+)>; rel="next"$/.exec(page.headers.link ?? '')?.[1];
    }
    expect(seen).toEqual(['1', '2', '3', '4', '5']);
    const byName = await client.get('/v1/accounts?name=paged');
    expect(byName.body.items.map((a: { accountId: string }) => a.accountId)).toEqual([world]);
  });

  it('refuses a cursor that was changed, or made for another list', async () => {
    const account = await client.account();
    for (let i = 0; i < 2; i += 1) await client.transfer(account, await client.account(), '1');
    const page = await client.get('/v1/accounts?limit=1');
    const cursor: string = page.body.nextCursor;

    const changed = await client.get(`/v1/accounts?limit=1&cursor=x${cursor}`);
    const elsewhere = await client.get(`/v1/transfers?limit=1&cursor=${cursor}`);
    const otherFilter = await client.get(`/v1/accounts?limit=1&asset=EUR&cursor=${cursor}`);

    for (const answer of [changed, elsewhere, otherFilter]) {
      expect(answer.body).toMatchObject({ status: 400, code: 'cursor-invalid' });
    }
  });

  it('keeps the trial balance at zero for each asset', async () => {
    const { body } = await client.get('/v1/reports/trial-balance?limit=1000');
    expect(body.totals).toHaveLength(1);
    for (const total of body.totals) expect(total.debits).toBe(total.credits);
    const sum = body.items.reduce((all: bigint, line: { balance: string }) => {
      return all + BigInt(line.balance);
    }, 0n);
    expect(sum).toBe(0n);
  });

  it('is read as of a time, and as it was effective at one', async () => {
    const world = await client.account();
    const alice = await client.account();
    const postings = [{ debitAccountId: world, creditAccountId: alice, amount: '7' }];
    const effectiveAt = '2020-02-01T00:00:00.000Z';
    const first = await client.post('/v1/transfers', { postings, effectiveAt });
    await sleep(3);
    await client.transfer(world, alice, '1');
    const path = `/v1/accounts/${alice}/balance`;
    const ask = (query: Record<string, string>) =>
      client.get(`${path}?${new URLSearchParams(query).toString()}`);

    const past = await ask({ asOf: first.body.recordedAt });
    expect(past.status).toBe(200);
    expect(past.headers['atlas-consistency']).toBe('linearizable');
    expect(past.body).toEqual({
      accountId: alice,
      asset: 'EUR',
      version: '2',
      balance: '7',
      available: '7',
      pendingDebits: '0',
      pendingCredits: '0',
      recordedAt: first.body.recordedAt,
      asOf: first.body.recordedAt,
    });
    expect((await ask({ effectiveAt: '2020-02-01T01:00:00+01:00' })).body).toMatchObject({
      version: '3',
      balance: '7',
      effectiveAt,
    });
    expect((await ask({ effectiveAt: '2020-01-31T23:59:59Z' })).body.balance).toBe('0');

    const early = await ask({ asOf: effectiveAt });
    expect(early.body).toMatchObject({ status: 422, code: 'as-of-before-opening' });
    const { openedAt } = (await client.get(`/v1/accounts/${alice}`)).body;
    expect(early.body.openedAt).toBe(openedAt);
    const late = await ask({ asOf: '2190-01-01T00:00:00Z' });
    expect(late.body).toMatchObject({ status: 422, code: 'as-of-in-future', retryable: true });
    const both = await ask({ asOf: effectiveAt, effectiveAt });
    expect(both.body.errors).toEqual([
      { pointer: '/query/effectiveAt', detail: 'cannot be combined with asOf' },
    ]);
    const stale = await ask({ asOf: effectiveAt, consistency: 'eventual' });
    expect(stale.body.errors).toMatchObject([{ pointer: '/query/consistency' }]);
    expect((await ask({ asOf: 'yesterday' })).status).toBe(400);
  });

  it('refuses consistency levels that it does not keep', async () => {
    const account = await client.account();
    const session = await client.get(`/v1/accounts/${account}/balance?consistency=session`);
    expect(session.body).toMatchObject({ status: 400, code: 'consistency-unsupported' });
    const eventual = await client.get(`/v1/accounts/${account}/balance?consistency=eventual`);
    expect(eventual.body).toMatchObject({ status: 404, code: 'balance-not-projected' });
  });

  it('says when everything is ready, part by part', async () => {
    const ready = await client.get('/v1/health/ready');
    const checks = Object.entries<{ readonly status: string }[]>(ready.body.checks);
    expect(checks.map(([name, [check]]) => [name, check?.status])).toEqual([
      ['postgres-0:responseTime', 'pass'],
      ['postgres-1:responseTime', 'pass'],
      ['kafka:responseTime', 'pass'],
      ['dynamodb:responseTime', 'pass'],
      ['valkey:responseTime', 'pass'],
    ]);
    expect(ready.status).toBe(200);
    expect(ready.headers['content-type']).toBe('application/health+json');
  });
});

describe('a malformed request', () => {
  it.each(['1.5', '1e3', '0x10', '-1', '0', '01', '', ' 1', '9223372036854775808'])(
    'is one with the amount "%s"',
    async (amount) => {
      const [one, other] = [await client.account(), await client.account()];
      const answer = await client.transfer(one, other, amount);
      expect(answer.status).toBe(400);
      expect(answer.body.errors).toMatchObject([{ pointer: '/postings/0/amount' }]);
    },
  );

  it('is refused with a pointer to each thing that is wrong, and writes nothing', async () => {
    const account = await client.account();
    const answer = await client.post('/v1/transfers', {
      postings: [{ debitAccountId: account, creditAccountId: 'x', amount: 10, note: '' }],
      referrence: 'typo',
    });
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((e: { pointer: string }) => e.pointer).sort()).toEqual([
      '/postings/0/amount',
      '/postings/0/creditAccountId',
      '/postings/0/note',
      '/referrence',
    ]);
  });

  it.each([
    ['not JSON', '{"postings":', 400, 'malformed-json'],
    ['too deep', `{"a":${'['.repeat(17)}${']'.repeat(17)}}`, 400, 'validation-failed'],
    ['too large', JSON.stringify({ reference: 'x'.repeat(256 * 1024) }), 413, 'body-too-large'],
    ['a NUL', '{"postings":[],"reference":"a\\u0000b"}', 400, 'validation-failed'],
    ['half a surrogate pair', '{"postings":[],"reference":"\\ud800"}', 400, 'validation-failed'],
  ])('is refused when it is %s', async (_name, body, status, code) => {
    const answer = await client.post('/v1/transfers', body);
    expect(answer.body).toMatchObject({ status, code });
  });

  it('is told of its first hundred mistakes, however many there are', async () => {
    const many = await client.post('/v1/transfers', { postings: Array(100).fill({}) });
    const unknown = Object.fromEntries(Array.from({ length: 9_000 }, (_, i) => [`x${i}`, 0]));
    const strange = await client.post('/v1/transfers', { postings: [], ...unknown });
    for (const { status, body } of [many, strange]) {
      expect([status, body.errors.length]).toEqual([400, 100]);
    }
  });

  it('is refused in another media type', async () => {
    const answer = await client.post('/v1/transfers', '{}', { 'Content-Type': 'text/plain' });
    expect(answer.body).toMatchObject({ status: 415, code: 'media-type-unsupported' });
  });
});
