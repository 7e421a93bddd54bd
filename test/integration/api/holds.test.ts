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

const funded = async (amount: string) => {
  const world = await client.account();
  const alice = await client.account({ minBalance: '0' });
  const shop = await client.account();
  await client.transfer(world, alice, amount);
  return { world, alice, shop };
};

const place = (debitAccountId: string, creditAccountId: string, amount: string, more = {}) =>
  client.post('/v1/holds', { debitAccountId, creditAccountId, amount, ...more });

describe('a hold over the API', () => {
  it('takes from what is available, not from the balance, and is posted in parts', async () => {
    const { alice, shop } = await funded('1000');

    const placed = await place(alice, shop, '700', { reference: 'order 17' });
    expect(placed.status).toBe(201);
    const { holdId } = placed.body;
    expect(placed.headers.location).toBe(`/v1/holds/${holdId}`);
    expect(placed.body).toMatchObject({
      status: 'pending',
      amount: '700',
      captured: '0',
      remaining: '700',
      reference: 'order 17',
      transferId: null,
      balances: [
        { accountId: alice, version: '3', balance: '1000', available: '300' },
        { accountId: shop, version: '2', balance: '0', available: '0' },
      ],
    });
    expect((await client.transfer(alice, shop, '301')).body).toMatchObject({
      status: 422,
      code: 'insufficient-funds',
      available: '300',
    });

    const part = await client.post(`/v1/holds/${holdId}/capture`, { amount: '250', final: false });
    expect(part.status).toBe(201);
    expect(part.headers.location).toBe(`/v1/transfers/${part.body.transferId}`);
    expect(part.body).toMatchObject({ status: 'pending', captured: '250', version: '2' });
    const transfer = await client.get(part.headers.location ?? '');
    expect(transfer.body).toMatchObject({
      holdId,
      reference: 'order 17',
      postings: [{ debitAccountId: alice, creditAccountId: shop, amount: '250' }],
    });

    const tooMuch = await client.post(`/v1/holds/${holdId}/capture`, { amount: '451' });
    expect(tooMuch.body).toMatchObject({
      status: 422,
      code: 'capture-exceeds-hold',
      remaining: '450',
    });
    const last = await client.post(`/v1/holds/${holdId}/capture`, {});
    expect(last.body).toMatchObject({ status: 'captured', captured: '700' });
    expect(last.body.balances[0]).toMatchObject({ balance: '300', available: '300' });
    const late = await client.post(`/v1/holds/${holdId}/void`, {});
    expect(late.body).toMatchObject({ status: 409, code: 'hold-settled', holdStatus: 'captured' });
    expect(last.body).toMatchObject((await client.get(`/v1/holds/${holdId}`)).body);
  });

  it('gives everything back when it is voided, and the entries tell it', async () => {
    const { alice, shop } = await funded('10');
    const { body } = await place(alice, shop, '10');

    const voided = await client.post(`/v1/holds/${body.holdId}/void`, {});

    expect(voided.status).toBe(200);
    expect(voided.body.balances[0]).toMatchObject({ balance: '10', available: '10' });
    const entries = await client.get(`/v1/accounts/${alice}/entries`);
    expect(entries.body.items.slice(1)).toMatchObject([
      { kind: 'pending', amount: '10', pendingDebitsAfter: '10', transferId: null },
      { kind: 'released', amount: '10', pendingDebitsAfter: '0', transferId: null },
    ]);
    const balance = await client.get(`/v1/accounts/${alice}/balance`);
    expect(balance.body).toMatchObject({ balance: '10', available: '10', pendingDebits: '0' });
  });

  it('is not placed with a time that has passed, and not found by a stranger', async () => {
    const { alice, shop } = await funded('10');
    const late = await place(alice, shop, '1', { expiresAt: '2020-01-01T00:00:00Z' });
    expect(late.body).toMatchObject({ status: 422, code: 'expiry-passed' });
    const { body } = await place(alice, shop, '1');
    const stranger = apiClient(test.api, await test.issuer.token({ tenant: 'mallory' }));
    const answers = [
      await stranger.get(`/v1/holds/${body.holdId}`),
      await stranger.post(`/v1/holds/${body.holdId}/capture`, {}),
      await stranger.post(`/v1/holds/${body.holdId}/void`, {}),
    ];
    for (const answer of answers) {
      expect(answer.body).toMatchObject({ status: 404, code: 'hold-not-found' });
    }
  });

  it('is listed in pages that meet without overlap', async () => {
    const { alice, shop } = await funded('100');
    const placed: string[] = [];
    for (let i = 0; i < 5; i += 1) placed.push((await place(alice, shop, '1')).body.holdId);
    const listed: string[] = [];
    let path: string | undefined = '/v1/holds?limit=2';
    while (path !== undefined) {
      const page = await client.get(path);
      listed.push(...page.body.items.map((hold: { holdId: string }) => hold.holdId));
      path = /^<([^>]+)>; rel="next"$/.exec(page.headers.link ?? '')?.[1];
    }
    expect(listed.filter((id) => placed.includes(id))).toEqual(placed);
    expect(new Set(listed).size).toBe(listed.length);
  });
});

describe('an account over the API', () => {
  it('moves nothing while it is frozen, and nothing again once it is closed', async () => {
    const { world, alice } = await funded('5');
    const frozen = await client.post(`/v1/accounts/${alice}/freeze`, {});
    expect([frozen.status, frozen.body.status]).toEqual([200, 'frozen']);
    expect((await client.transfer(alice, world, '5')).body.code).toBe('account-frozen');
    const open = await client.post(`/v1/accounts/${alice}/unfreeze`, {});
    expect(open.body).toMatchObject({ status: 'open', version: '4' });

    const early = await client.post(`/v1/accounts/${alice}/closure`, {});
    expect(early.body).toMatchObject({ status: 409, code: 'account-not-empty' });
    await client.transfer(alice, world, '5');
    const closed = await client.post(`/v1/accounts/${alice}/closure`, {});
    expect([closed.status, closed.body.status]).toEqual([200, 'closed']);
    expect((await client.transfer(world, alice, '5')).body.code).toBe('account-closed');
    const again = await client.post(`/v1/accounts/${alice}/freeze`, {});
    expect(again.body.code).toBe('account-closed');
  });
});
