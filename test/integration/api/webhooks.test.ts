import { randomUUID } from 'node:crypto';
import { openSecret } from '@atlas/runtime';
import { Webhook } from 'standardwebhooks';
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

const eventTypes = ['account.monitor.triggered'];
const url = 'http://127.0.0.1:9/hook';

const register = async (to: ApiClient = client) => {
  const { status, body } = await to.post('/v1/webhooks/endpoints', { url, eventTypes });
  expect(status).toBe(201);
  return body as { readonly endpointId: string; readonly secret: string };
};

const walk = async (path: string): Promise<readonly Record<string, string>[]> => {
  const items: Record<string, string>[] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const page = await client.get(next);
    expect(page.status).toBe(200);
    items.push(...page.body.items);
    next = /^<([^>]+)>; rel="next"$/.exec(page.headers.link ?? '')?.[1];
  }
  return items;
};

describe('a webhook endpoint over the API', () => {
  it('is registered with a secret that is told once, and to whoever repeats the request', async () => {
    const key = { 'Idempotency-Key': randomUUID() };
    const body = { url, eventTypes };
    const made = await client.post('/v1/webhooks/endpoints', body, key);
    const again = await client.post('/v1/webhooks/endpoints', body, key);

    const { endpointId, secret } = made.body;
    expect(made.headers.location).toBe(`/v1/webhooks/endpoints/${endpointId}`);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(new Webhook(secret)).toBeDefined();
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body).toEqual(made.body);
    const read = await client.get(made.headers.location ?? '');
    const { secret: _, ...known } = made.body;
    expect(read.body).toEqual(known);
    expect(known).toMatchObject({ url, eventTypes, status: 'enabled', disabledReason: null });
  });

  it('has its secret sealed wherever it is stored', async () => {
    const { endpointId, secret } = await register();
    const found: string[] = [];
    for (const shard of [0, 1]) {
      const admin = await test.database.admin(shard);
      for (const table of ['webhook_endpoint', 'idempotency_key']) {
        const { rows } = await admin.query<{ text: string }>(
          `SELECT t::text AS text FROM ledger.${table} t`,
        );
        found.push(...rows.map(({ text }) => text));
      }
      await admin.end();
    }
    expect(found.some((text) => text.includes(endpointId))).toBe(true);
    expect(found.filter((text) => text.includes(secret.slice('whsec_'.length)))).toEqual([]);
    const sealed = found.flatMap((text) => /\b1\.[\w-]{60,}/.exec(text)?.[0] ?? []);
    const opened = await Promise.all(sealed.map((one) => openSecret('acme', one)));
    expect(opened).toContain(secret);
  });

  it.each([
    ['http://93.184.215.14/', 'scheme'],
    ['https://10.0.0.1/', 'address'],
    ['https://0x7f000002/', 'address'],
    ['https://[::ffff:169.254.169.254]/', 'address'],
    ['http://127.0.0.2:9/', 'address'],
    ['https://[::1]/', 'address'],
    ['https://a:b@127.0.0.1/', 'credentials'],
    ['not an address', 'malformed'],
  ])('is not registered at %s (%s), and the refusal is kept', async (address, reason) => {
    const key = { 'Idempotency-Key': randomUUID() };
    const body = { url: address, eventTypes };
    const refused = await client.post('/v1/webhooks/endpoints', body, key);
    expect(refused.body).toMatchObject({ status: 422, code: 'webhook-url-refused', reason });
    const again = await client.post('/v1/webhooks/endpoints', body, key);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body).toMatchObject({ code: 'webhook-url-refused', reason });
  });

  it('is disabled, enabled and deleted', async () => {
    const { endpointId } = await register();
    const path = `/v1/webhooks/endpoints/${endpointId}`;
    const disabled = await client.patch(path, { enabled: false });
    expect(disabled.body).toMatchObject({ status: 'disabled', disabledReason: 'asked' });
    const enabled = await client.patch(path, { enabled: true, eventTypes });
    expect(enabled.body).toMatchObject({ status: 'enabled', disabledReason: null });
    for (const body of [{}, { eventTypes: [] }, { eventTypes: ['no.such'] }, { url: 'x' }]) {
      expect((await client.patch(path, body)).body.code).toBe('validation-failed');
    }
    expect((await client.delete(path)).body).toMatchObject({ endpointId });
    const gone = [
      await client.get(path),
      await client.patch(path, { enabled: true }),
      await client.delete(path),
      await client.post(`${path}/secret`, {}),
      await client.post(`${path}/ping`, undefined),
    ];
    for (const { body } of gone) {
      expect(body).toMatchObject({ status: 404, code: 'webhook-endpoint-not-found', endpointId });
    }
    const listed = await walk('/v1/webhooks/endpoints?limit=2');
    expect(listed.map((one) => one.endpointId)).not.toContain(endpointId);
  });

  it('gets another secret, and says until when the one before signs', async () => {
    const { endpointId, secret } = await register();
    const path = `/v1/webhooks/endpoints/${endpointId}/secret`;
    const rotated = await client.post(path, { keepOldSeconds: 3_600 });
    expect(rotated.body.secret).not.toBe(secret);
    const untilMs = Date.parse(rotated.body.oldSecretUntil) - Date.now();
    expect(untilMs).toBeGreaterThan(3_590_000);
    expect(untilMs).toBeLessThan(3_610_000);
    const leaked = await client.post(path, { keepOldSeconds: 0 });
    expect(leaked.body.oldSecretUntil).toBeNull();
    expect((await client.post(path, { keepOldSeconds: -1 })).body.code).toBe('validation-failed');
  });

  it('is one of twenty at most', async () => {
    const many = apiClient(test.api, await test.issuer.token({ tenant: 'many' }));
    const statuses = await Promise.all(
      Array.from({ length: 24 }, async () => {
        const { status } = await many.post('/v1/webhooks/endpoints', { url, eventTypes });
        return status;
      }),
    );
    expect(statuses.filter((status) => status === 201)).toHaveLength(20);
    const refused = await many.post('/v1/webhooks/endpoints', { url, eventTypes });
    const what = { code: 'subscription-limit-reached', what: 'endpoints', limit: 20 };
    expect(refused.body).toMatchObject({ status: 422, ...what });
  });
});

describe('a monitor over the API', () => {
  const wanted = { measure: 'available', operator: '<', amount: '-100' };

  it('is created, listed in pages, and deleted', async () => {
    const account = await client.account();
    const path = `/v1/accounts/${account}/monitors`;
    const made = await client.post(path, wanted);
    expect([made.status, made.body]).toMatchObject([
      201,
      { ...wanted, accountId: account, state: 'armed', version: '1', triggeredAt: null },
    ]);
    const met = await client.post(path, { ...wanted, amount: '1' });
    expect(met.body).toMatchObject({ state: 'triggered', triggeredAt: null });
    await client.post(path, wanted);
    const listed = await walk(`${path}?limit=2`);
    expect(listed).toHaveLength(3);
    expect(listed.slice(0, 2)).toEqual([made.body, met.body]);

    const deleted = await client.delete(`/v1/monitors/${made.body.monitorId}`);
    expect([deleted.status, deleted.body]).toEqual([200, made.body]);
    const again = await client.delete(`/v1/monitors/${made.body.monitorId}`);
    expect(again.body).toMatchObject({ status: 404, code: 'monitor-not-found' });
    expect(await walk(path)).toHaveLength(2);
  });

  it('needs an account that is there and open, and is one of twenty at most', async () => {
    const nobody = '01a20986-e837-72a9-8b67-26f63f6aa5f0';
    const path = `/v1/accounts/${nobody}/monitors`;
    expect((await client.post(path, wanted)).body.code).toBe('account-not-found');
    expect((await client.get(path)).body.code).toBe('account-not-found');
    const closed = await client.account();
    await client.post(`/v1/accounts/${closed}/closure`, {});
    const late = await client.post(`/v1/accounts/${closed}/monitors`, wanted);
    expect(late.body).toMatchObject({ status: 422, code: 'account-closed' });

    const account = await client.account();
    const answers = await Promise.all(
      Array.from({ length: 24 }, () => client.post(`/v1/accounts/${account}/monitors`, wanted)),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(20);
    const refused = answers.filter(({ status }) => status !== 201);
    for (const { body } of refused) {
      expect(body).toMatchObject({ code: 'subscription-limit-reached', what: 'monitors' });
    }
  });

  it.each([
    { measure: 'balance', operator: '<' },
    { measure: 'balance', operator: '=', amount: '1' },
    { measure: 'pending', operator: '<', amount: '1' },
    { measure: 'balance', operator: '<', amount: 1 },
    { measure: 'balance', operator: '<', amount: '1.5' },
  ])('is not made of %j', async (body) => {
    const account = await client.account();
    const { body: problem } = await client.post(`/v1/accounts/${account}/monitors`, body);
    expect(problem.code).toBe('validation-failed');
  });
});

describe('deliveries over the API', () => {
  it('are listed by endpoint and status, and replayed once they have ended', async () => {
    const { endpointId } = await register();
    const ping = () => client.post(`/v1/webhooks/endpoints/${endpointId}/ping`, undefined);
    const pings = [await ping(), await ping(), await ping()];
    expect(pings.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(pings[0]?.body).toMatchObject({
      ...{ endpointId, accountId: null, eventType: 'webhook.ping', status: 'pending', attempts: 0 },
      event: { type: 'webhook.ping', data: { endpointId } },
    });
    const list = `/v1/webhooks/deliveries?endpointId=${endpointId}`;
    const ids = pings.map(({ body }) => body.deliveryId);
    const listed = await walk(`${list}&status=pending&limit=2`);
    expect(listed.map(({ deliveryId }) => deliveryId)).toEqual(
      ids.toSorted((a, b) => (a < b ? -1 : 1)),
    );
    expect(await walk(`${list}&status=dead`)).toEqual([]);

    const replay = `/v1/webhooks/deliveries/${ids[0]}/replay`;
    expect((await client.post(replay, undefined)).body).toMatchObject({
      ...{ status: 409, code: 'delivery-pending', deliveryId: ids[0] },
    });
    for (const shard of [0, 1]) {
      const admin = await test.database.admin(shard);
      await admin.query(
        `UPDATE ledger.webhook_delivery SET status = 'x', attempts = 10, ended_at = now()
          WHERE delivery_id = $1`,
        [ids[0]],
      );
      await admin.end();
    }
    expect(await walk(`${list}&status=dead`)).toMatchObject([{ deliveryId: ids[0] }]);
    const replayed = await client.post(replay, undefined);
    expect([replayed.status, replayed.body]).toMatchObject([
      200,
      { deliveryId: ids[0], status: 'pending', attempts: 0, endedAt: null },
    ]);
    const unknown = await client.post(
      '/v1/webhooks/deliveries/01a20986-e837-72a9-8b67-26f63f6aa5f0/replay',
      undefined,
    );
    expect(unknown.body).toMatchObject({ status: 404, code: 'delivery-not-found' });
  });

  it('of a list in another order are not reached with its cursor', async () => {
    const { endpointId } = await register();
    for (let i = 0; i < 2; i += 1) {
      await client.post(`/v1/webhooks/endpoints/${endpointId}/ping`, undefined);
    }
    const page = await client.get(`/v1/webhooks/deliveries?endpointId=${endpointId}&limit=1`);
    const cursor = encodeURIComponent(page.body.nextCursor);
    const other = await client.get(`/v1/webhooks/deliveries?cursor=${cursor}`);
    expect(other.body).toMatchObject({ status: 400, code: 'cursor-invalid' });
  });
});
