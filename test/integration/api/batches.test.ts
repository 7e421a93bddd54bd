import { randomUUID } from 'node:crypto';
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

const transfer = (debitAccountId: string, creditAccountId: string, amount: string) => ({
  type: 'transfer',
  postings: [{ debitAccountId, creditAccountId, amount }],
});

const send = (items: readonly object[], more = {}, headers = {}) =>
  client.post('/v1/transfers/batch', { items, ...more }, headers);

describe('a batch over the API', () => {
  it('does its items in order, holds and captures of them among them', async () => {
    const world = await client.account();
    const alice = await client.account({ minBalance: '0' });

    const key = { 'Idempotency-Key': randomUUID() };
    const items = [
      transfer(world, alice, '100'),
      { type: 'hold', debitAccountId: alice, creditAccountId: world, amount: '40' },
      { type: 'capture', item: 1, amount: '15', final: false },
      { type: 'void', item: 1 },
    ];
    const answer = await send(items, {}, key);

    expect(answer.status).toBe(200);
    expect(answer.body.items).toMatchObject([
      {
        type: 'transfer',
        transfer: { postings: [{ asset: 'EUR', amount: '100' }], holdId: null, reverses: null },
      },
      {
        type: 'hold',
        hold: { status: 'pending', remaining: '40', balances: [{ available: '60' }, {}] },
      },
      { type: 'hold', hold: { status: 'pending', captured: '15', remaining: '25' } },
      { type: 'hold', hold: { status: 'voided', captured: '15', transferId: null } },
    ]);
    const [first] = answer.body.items;
    const read = await client.get(`/v1/transfers/${first.transfer.transferId}`);
    expect(read.body).toEqual(first.transfer);
    const again = await send(items, {}, key);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body).toEqual(answer.body);
    expect((await client.get(`/v1/accounts/${alice}/balance`)).body).toMatchObject({
      balance: '85',
      available: '85',
    });
  });

  it('that is atomic does nothing when an item is refused, and names it', async () => {
    const world = await client.account();
    const alice = await client.account({ minBalance: '0' });

    const answer = await send([transfer(world, alice, '6'), transfer(alice, world, '7')]);

    expect(answer.body).toMatchObject({
      status: 422,
      code: 'batch-item-refused',
      item: 1,
      reason: {
        type: 'urn:atlas:problem:insufficient-funds',
        status: 422,
        code: 'insufficient-funds',
        available: '6',
        minBalance: '0',
      },
    });
    expect((await client.get(`/v1/accounts/${alice}`)).body).toMatchObject({ version: '1' });
  });

  it('that is not atomic has a result or a problem for each item', async () => {
    const world = await client.account();
    const alice = await client.account({ minBalance: '0' });

    const answer = await send(
      [transfer(alice, world, '1'), transfer(world, alice, '2'), transfer(alice, alice, '1')],
      { atomic: false },
    );

    expect(answer.body.items).toMatchObject([
      { type: 'refused', problem: { status: 422, code: 'insufficient-funds', available: '0' } },
      { type: 'transfer', transfer: { balances: [{ balance: '-2' }, { balance: '2' }] } },
      { type: 'refused', problem: { status: 422, code: 'same-account' } },
    ]);
  });

  it('takes 500 items, no more, and 1,000 postings', async () => {
    const world = await client.account();
    const alice = await client.account();
    const many = (count: number, item: object) => Array.from({ length: count }, () => item);

    const answer = await send(many(500, transfer(world, alice, '1')));
    const results: readonly { readonly type: string }[] = answer.body.items;
    expect(results.filter(({ type }) => type === 'transfer')).toHaveLength(500);
    expect((await client.get(`/v1/accounts/${alice}`)).body).toMatchObject({ version: '501' });

    const tooMany = await send(many(501, { type: 'void', holdId: world }));
    expect(tooMany.body.errors).toMatchObject([{ pointer: '/items' }]);
    const [posting] = transfer(world, alice, '1').postings;
    const wide = { type: 'transfer', postings: many(51, posting ?? {}) };
    const tooWide = await send(many(20, wide));
    expect(tooWide.body.errors).toEqual([
      { pointer: '/items', detail: 'has 1020 postings; at most 1000 go into a batch' },
    ]);
  });

  it('points at each item that is malformed', async () => {
    const account = await client.account();
    const answer = await send([
      { type: 'capture' },
      { type: 'void', item: 0 },
      { type: 'void', item: 7 },
      { type: 'transfer', postings: [] },
      { type: 'capture', holdId: account, item: 1 },
      { type: 'gift', amount: '1' },
    ]);
    const pointers = answer.body.errors.map((e: { pointer: string }) => e.pointer);
    expect([answer.status, pointers]).toEqual([400, ['/items/3/postings', '/items/5/type']]);
    const references = await send([
      { type: 'capture' },
      { type: 'void', item: 0 },
      { type: 'void', item: 7 },
      { type: 'capture', holdId: account, item: 1 },
    ]);
    expect(references.body.errors.map((e: { pointer: string }) => e.pointer)).toEqual([
      '/items/0',
      '/items/1/item',
      '/items/2/item',
      '/items/3',
    ]);
  });

  it('reverses, and ends holds, that were there before', async () => {
    const world = await client.account();
    const alice = await client.account();
    const paid = (await client.transfer(world, alice, '9')).body.transferId;
    const hold = { debitAccountId: world, creditAccountId: alice, amount: '5' };
    const { holdId } = (await client.post('/v1/holds', hold)).body;

    const answer = await send([
      { type: 'reversal', transferId: paid, reference: 'a mistake' },
      { type: 'capture', holdId },
    ]);

    expect(answer.body.items).toMatchObject([
      { transfer: { reverses: paid, reference: 'a mistake', postings: [{ amount: '9' }] } },
      { hold: { status: 'captured', captured: '5' } },
    ]);
    expect((await client.get(`/v1/accounts/${alice}/balance`)).body.balance).toBe('5');
  });
});

describe('a reversal over the API', () => {
  it('is a transfer of its own, once', async () => {
    const world = await client.account();
    const alice = await client.account();
    const { transferId } = (await client.transfer(world, alice, '9')).body;

    const path = `/v1/transfers/${transferId}/reversal`;
    const answer = await client.post(path, { reference: 'a mistake' });

    expect(answer.status).toBe(201);
    expect(answer.headers.location).toBe(`/v1/transfers/${answer.body.transferId}`);
    expect(answer.body).toMatchObject({
      reverses: transferId,
      reference: 'a mistake',
      postings: [{ debitAccountId: alice, creditAccountId: world, asset: 'EUR', amount: '9' }],
      balances: [
        { accountId: alice, version: '3', balance: '0' },
        { accountId: world, version: '3', balance: '0' },
      ],
    });
    expect((await client.get(answer.headers.location ?? '')).body).toEqual(answer.body);
    expect((await client.post(path, {})).body).toMatchObject({
      status: 409,
      code: 'already-reversed',
      reversalId: answer.body.transferId,
    });
    const missing = await client.post(`/v1/transfers/${alice}/reversal`, {});
    expect(missing.body).toMatchObject({ status: 404, code: 'transfer-not-found' });
  });
});
