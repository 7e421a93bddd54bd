import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiClient } from '../../support/api-client.ts';
import { startTestApi, type TestApi } from '../../support/test-api.ts';
import { badTokens } from '../../support/tokens.ts';

let test: TestApi;

beforeAll(async () => {
  test = await startTestApi();
});
afterAll(() => test.close());

const listWith = (headers: Readonly<Record<string, string>>) =>
  test.api({ method: 'GET', path: '/v1/accounts', headers });

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

describe('a request', () => {
  it('is let in with a valid token, and again with the same one', async () => {
    const headers = bearer(await test.issuer.token());
    expect((await listWith(headers)).status).toBe(200);
    expect((await listWith(headers)).status).toBe(200);
  });

  it('is turned away without a token, or with one that does not fit', async () => {
    const answers = await Promise.all([
      listWith({}),
      listWith({ Authorization: 'Basic YTpi' }),
      ...Object.values(await badTokens(test.issuer)).map((token) => listWith(bearer(token))),
    ]);
    for (const answer of answers) {
      expect(answer.body).toMatchObject({ status: 401, code: 'unauthenticated' });
    }
  });

  it('needs the scope of what it asks', async () => {
    const reader = apiClient(test.api, await test.issuer.token({ scope: 'ledger:read' }));
    const answer = await reader.post('/v1/assets', { code: 'EUR', scale: 2 });
    expect(answer.body).toMatchObject({
      status: 403,
      code: 'scope-missing',
      missingScopes: ['ledger:write'],
    });
  });

  it('never sees another tenant', async () => {
    const acme = apiClient(test.api, await test.issuer.token());
    await acme.asset('EUR');
    const world = await acme.account();
    const alice = await acme.account();
    const moved = await acme.transfer(world, alice, '5');
    const globex = apiClient(test.api, await test.issuer.token({ tenant: 'globex' }));
    await globex.asset('EUR');
    const own = await globex.account();

    const unseen = await globex.get(`/v1/accounts/${alice}`);
    expect(unseen.body).toMatchObject({ status: 404, instance: `/v1/accounts/${alice}` });
    expect((await globex.get(`/v1/accounts/${alice}/entries`)).status).toBe(404);
    expect((await globex.get(`/v1/transfers/${moved.body.transferId}`)).status).toBe(404);
    const stolen = await globex.transfer(alice, own, '1');
    expect(['account-not-found', 'cross-shard-transfer']).toContain(stolen.body.code);
  });
});
