import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiClient, apiClient } from '../support/api-client.ts';
import { deployedApi } from '../support/deployed-api.ts';
import { pollUntil } from '../support/poll.ts';
import { startReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

const deployed = deployedApi();
let client: ApiClient;
let receiver: WebhookReceiver;

beforeAll(async () => {
  const tenant = `e2e-${randomUUID().slice(0, 8)}`;
  client = apiClient(deployed.api, await deployed.token({ tenant }));
  await client.asset('EUR');
  receiver = await startReceiver();
});
afterAll(() => receiver.close());

it('a balance that falls is told of within seconds, signed, and again when it is asked for', async () => {
  const world = await client.account();
  const alice = await client.account();
  const registered = await client.post('/v1/webhooks/endpoints', {
    url: receiver.url,
    eventTypes: ['account.monitor.triggered'],
  });
  expect(registered.status).toBe(201);
  const { endpointId, secret } = registered.body;
  const verifier = new Webhook(secret);
  const arrived = (count: number, timeoutMs: number) =>
    pollUntil(
      async () => receiver.received.length,
      (found) => found === count,
      timeoutMs,
    );
  // The functions have started once a ping has come through; a nudge may wait for the minute's sweep.
  const ping = await client.post(`/v1/webhooks/endpoints/${endpointId}/ping`, undefined);
  expect(ping.status).toBe(201);
  await arrived(1, 90_000);
  const [pinged] = receiver.received;
  expect(verifier.verify(pinged?.body ?? '', pinged?.headers ?? {})).toMatchObject({
    type: 'webhook.ping',
    data: { endpointId },
  });

  const monitor = await client.post(`/v1/accounts/${alice}/monitors`, {
    ...{ measure: 'balance', operator: '<', amount: '100' },
  });
  expect([monitor.status, monitor.body.state]).toEqual([201, 'triggered']);
  await client.transfer(world, alice, '150');
  await client.transfer(alice, world, '70');
  const movedMs = Date.now();
  await arrived(2, 60_000);
  expect(Date.now() - movedMs).toBeLessThan(15_000);
  const [, told] = receiver.received;
  expect(verifier.verify(told?.body ?? '', told?.headers ?? {})).toMatchObject({
    type: 'account.monitor.triggered',
    data: { monitorId: monitor.body.monitorId, accountId: alice, version: '3', balance: '80' },
  });

  const delivered = await pollUntil(
    () => client.get(`/v1/webhooks/deliveries?accountId=${alice}&status=delivered`),
    ({ body }) => body.items.length === 1,
  );
  const [{ deliveryId }] = delivered.body.items;
  const replayed = await client.post(`/v1/webhooks/deliveries/${deliveryId}/replay`, undefined);
  expect([replayed.status, replayed.body.status]).toEqual([200, 'pending']);
  await arrived(3, 90_000);
  expect(receiver.received[2]?.id).toBe(told?.id);
  expect(receiver.received[2]?.body).toBe(told?.body);
});
