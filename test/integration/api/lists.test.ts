import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, apiClient } from '../../support/api-client.ts';
import type { ApiAnswer } from '../../support/in-process-api.ts';
import { startTestApi, type TestApi } from '../../support/test-api.ts';

let test: TestApi;
let client: ApiClient;
let world: string;
let alice: string;

const post = (amount: string, more: object) =>
  client.post('/v1/transfers', {
    postings: [{ debitAccountId: world, creditAccountId: alice, amount }],
    ...more,
  });

beforeAll(async () => {
  test = await startTestApi();
  client = apiClient(test.api, await test.issuer.token());
  await client.asset('EUR');
  world = await client.account({ name: 'world', metadata: { side: 'outer' } });
  alice = await client.account({ name: 'alice', metadata: { side: 'inner', 'a&b=c': 'ü' } });
  for (let i = 1; i <= 7; i += 1) {
    await post(String(i), {
      reference: i % 2 === 0 ? 'even' : 'odd',
      metadata: { nth: String(i) },
      effectiveAt: `2020-01-0${i}T00:00:00Z`,
    });
  }
  await client.post('/v1/holds', {
    debitAccountId: alice,
    creditAccountId: world,
    amount: '3',
    metadata: { why: 'deposit' },
  });
});
afterAll(() => test.close());

const get = (path: string, query: Readonly<Record<string, string>>) =>
  client.get(`${path}?${new URLSearchParams(query).toString()}`);

/** Follows rel="next" until there is none. */
const follow = async (path: string) => {
  const items: ApiAnswer['body'][] = [];
  let pages = 0;
  for (let next: string | undefined = path; next !== undefined; ) {
    const answer = await client.get(next);
    expect(answer.status).toBe(200);
    items.push(...answer.body.items);
    pages += 1;
    next = /^<([^>]+)>; rel="next"$/.exec(answer.headers.link ?? '')?.[1];
    expect(next === undefined).toBe(answer.body.nextCursor === null);
  }
  return { items, pages };
};

describe('a list over the API', () => {
  it('is narrowed by all that is given, and followed by its links', async () => {
    const query = new URLSearchParams({
      accountId: alice,
      reference: 'odd',
      amountFrom: '2',
      effectiveTo: '2020-01-07T00:00:00Z',
      limit: '1',
    });
    const { items, pages } = await follow(`/v1/transfers?${query.toString()}`);
    expect(items.map(({ metadata }) => metadata.nth)).toEqual(['3', '5']);
    expect(pages).toBe(2);

    const entries = await follow(
      `/v1/accounts/${alice}/entries?kind=posted&direction=credit&amountTo=5&limit=2`,
    );
    expect(entries.items.map(({ amount }) => amount)).toEqual(['1', '2', '3', '4', '5']);
    expect(entries.pages).toBe(3);
  });

  it('is narrowed by metadata, whatever its keys look like', async () => {
    const names = async (query: Readonly<Record<string, string>>) =>
      (await get('/v1/accounts', query)).body.items.map(({ name }: { name: string }) => name);
    expect(await names({ 'metadata[side]': 'inner' })).toEqual(['alice']);
    expect(await names({ 'metadata[a&b=c]': 'ü', 'metadata[side]': 'inner' })).toEqual(['alice']);
    expect(await names({ 'metadata[side]': 'inner', name: 'world' })).toEqual([]);
    expect(await names({ status: 'open', balanceTo: '-28' })).toEqual(['world']);
    const holds = await get('/v1/holds', { 'metadata[why]': 'deposit', status: 'pending' });
    expect(holds.body.items).toMatchObject([{ amount: '3' }]);
  });

  it('does not go on with the cursor of one that was narrowed otherwise', async () => {
    const first = await get('/v1/transfers', { 'metadata[nth]': '1', limit: '1' });
    expect(first.body.nextCursor).toBeNull();
    const odd = await get('/v1/transfers', { reference: 'odd', limit: '1' });
    const cursor: string = odd.body.nextCursor;
    for (const filters of [{}, { reference: 'even' }, { reference: 'odd', amountFrom: '1' }]) {
      const answer = await get('/v1/transfers', { ...filters, cursor });
      expect([answer.status, answer.body.code]).toEqual([400, 'cursor-invalid']);
    }
    const more = await get('/v1/transfers', { limit: '9', reference: 'odd', cursor });
    expect(more.body.items).toHaveLength(3);
  });

  it('points at each filter that is malformed', async () => {
    const answer = await get('/v1/transfers', {
      accountId: 'alice',
      amountFrom: '1.5',
      recordedFrom: 'yesterday',
      'metadata[]': 'x',
      status: 'open',
    });
    expect(answer.status).toBe(400);
    const pointers = answer.body.errors.map(({ pointer }: { pointer: string }) => pointer);
    expect(pointers.toSorted()).toEqual([
      '/query/accountId',
      '/query/amountFrom',
      '/query/metadata/',
      '/query/recordedFrom',
      '/query/status',
    ]);
    const nested = await get('/v1/transfers', { 'metadata[a][b]': 'x' });
    expect(nested.body.errors).toMatchObject([{ pointer: '/query/metadata[a][b]' }]);
    const plain = await get('/v1/accounts', { metadata: 'side' });
    expect(plain.body.errors).toMatchObject([{ pointer: '/query/metadata' }]);
  });
});
