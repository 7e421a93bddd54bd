import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiClient } from '../../support/api-client.ts';
import { startTestApi, type TestApi } from '../../support/test-api.ts';
import { testIssuer } from '../../support/tokens.ts';

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
    const forged = await testIssuer();
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(
      JSON.stringify({ tenant: 'acme', scope: 'ledger:read', iss: test.issuer.issuer }),
    ).toString('base64url')}.`;
    const symmetric = await new SignJWT({ tenant: 'acme', scope: 'ledger:read' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(test.issuer.issuer)
      .setAudience(test.issuer.audience)
      .setSubject('mallory')
      .setExpirationTime('1h')
      .sign(Buffer.from(test.issuer.jwks));
    const answers = await Promise.all([
      listWith({}),
      listWith({ Authorization: 'Basic YTpi' }),
      listWith(bearer('garbage')),
      listWith(bearer(unsigned)),
      listWith(bearer(symmetric)),
      listWith(bearer(await forged.token())),
      listWith(bearer(await test.issuer.token({ issuer: 'https://elsewhere.test' }))),
      listWith(bearer(await test.issuer.token({ audience: 'somebody-else' }))),
      listWith(bearer(await test.issuer.token({ expiresInSeconds: -1 }))),
      listWith(bearer(await test.issuer.token({ tenant: '' }))),
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
