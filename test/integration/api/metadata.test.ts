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

const patch = (
  account: string,
  metadata: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = { 'If-Match': '*' },
) => client.patch(`/v1/accounts/${account}`, { metadata }, headers);

describe('the metadata of an account', () => {
  it('is changed under the tag that was read, and tagged anew', async () => {
    const account = await client.account({ metadata: { place: 'Ulm', note: 'new' } });
    const read = await client.get(`/v1/accounts/${account}`);
    expect(read.headers.etag).toBe('"1"');
    expect(read.body.metadataVersion).toBe(1);

    const answer = await patch(
      account,
      { note: null, order: '17' },
      { 'If-Match': read.headers.etag ?? '' },
    );

    expect(answer.status).toBe(200);
    expect(answer.headers.etag).toBe('"2"');
    expect(answer.body).toMatchObject({ metadataVersion: 2, version: '2' });
    expect(answer.body.metadata).toEqual({ place: 'Ulm', order: '17' });
    expect((await client.get(`/v1/accounts/${account}`)).body).toEqual(answer.body);
    const frozen = await client.post(`/v1/accounts/${account}/freeze`, undefined);
    expect(frozen.headers.etag).toBe('"2"');
  });

  it('is changed by one of those who read the same version', async () => {
    const account = await client.account();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        patch(account, { winner: String(i) }, { 'If-Match': '"1"' }),
      ),
    );
    const winners = answers.filter(({ status }) => status === 200);
    expect(winners).toHaveLength(1);
    const losers = answers.filter(({ status }) => status !== 200);
    expect(losers.map(({ body }) => [body.status, body.code, body.metadataVersion])).toEqual(
      losers.map(() => [412, 'metadata-version-mismatch', 2]),
    );
    const { body } = await client.get(`/v1/accounts/${account}`);
    expect(body.metadata).toEqual(winners[0]?.body.metadata);
  });

  it('is not changed without, or by another, or by no tag', async () => {
    const account = await client.account();
    const code = async (headers: Readonly<Record<string, string>>) => {
      const { status, body } = await patch(account, { a: 'b' }, headers);
      return [status, body.code];
    };
    expect(await code({})).toEqual([428, 'if-match-missing']);
    expect(await code({ 'If-Match': '1' })).toEqual([400, 'if-match-malformed']);
    expect(await code({ 'If-Match': '"1" "2"' })).toEqual([400, 'if-match-malformed']);
    for (const tag of ['"2"', 'W/"1"', '"one"', '"01"', '"99999999999999999999"', '""']) {
      expect(await code({ 'If-Match': tag })).toEqual([412, 'metadata-version-mismatch']);
    }
    expect((await client.get(`/v1/accounts/${account}`)).body.metadata).toEqual({});
    expect(await code({ 'If-Match': '"7", W/"8", "1"' })).toEqual([200, undefined]);
  });

  it('is changed once under a key, whatever was changed since', async () => {
    const account = await client.account();
    const key = { 'Idempotency-Key': randomUUID(), 'If-Match': '"1"' };
    const first = await patch(account, { a: '1' }, key);
    await patch(account, { a: '2' });

    const again = await patch(account, { a: '1' }, key);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body).toEqual(first.body);
    const other = await patch(account, { a: '1' }, { ...key, 'If-Match': '"3"' });
    expect(other.body.code).toBe('idempotency-key-reused');
    expect((await client.get(`/v1/accounts/${account}`)).body.metadata).toEqual({ a: '2' });
  });

  it('is text, of which there may be so much', async () => {
    const account = await client.account();
    const pointers = async (metadata: Readonly<Record<string, unknown>>) => {
      const { body } = await patch(account, metadata);
      return body.errors.map(({ pointer }: { readonly pointer: string }) => pointer);
    };
    expect(await pointers({ a: 1, b: 'ok', c: 'x'.repeat(513) })).toEqual([
      '/metadata/a',
      '/metadata/c',
    ]);
    const fiftyOne = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, 'v']));
    expect((await patch(account, fiftyOne)).body).toMatchObject({
      status: 422,
      code: 'too-much-metadata',
      pairs: 51,
    });
    const name = await client.patch(`/v1/accounts/${account}`, { name: 'x' }, { 'If-Match': '*' });
    expect(name.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual([
      '/metadata',
      '/name',
    ]);
  });

  it('is another tenant’s own', async () => {
    const account = await client.account();
    const stranger = apiClient(test.api, await test.issuer.token({ tenant: 'globex' }));
    const answer = await stranger.patch(
      `/v1/accounts/${account}`,
      { metadata: { a: 'b' } },
      { 'If-Match': '*' },
    );
    expect([answer.status, answer.body.code]).toEqual([404, 'account-not-found']);
  });
});
