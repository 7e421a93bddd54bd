import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { apiClient } from '../../support/api-client.ts';
import { feedConsumer } from '../../support/feed-consumer.ts';
import { startTestApi, type TestApi } from '../../support/test-api.ts';
import { startReceiver, type WebhookReceiver } from '../../support/webhook-receiver.ts';

let test: TestApi;
let receiver: WebhookReceiver;

beforeAll(async () => {
  test = await startTestApi();
  receiver = await startReceiver();
  // Who consumes and who sends is of the role of the jobs, which may do what the API’s may, too.
  const [jobs] = test.database.jobs;
  process.env.ATLAS_POSTGRES_USER = jobs?.user;
  process.env.ATLAS_POSTGRES_PASSWORD = String(jobs?.password);
});
afterAll(async () => {
  const { monitorEvaluation } = await import('../../../functions/services/monitor-evaluation.ts');
  const { webhookQueues } = await import('../../../functions/services/webhook-queues.ts');
  await Promise.all([monitorEvaluation().close(), webhookQueues().close(), receiver.close()]);
  await test.close();
});

it('from a transfer to a signed delivery, though every event is on the log twice', async () => {
  const tenant = `monitor-${randomUUID().slice(0, 8)}`;
  const client = apiClient(test.api, await test.issuer.token({ tenant }));
  await client.asset('EUR');
  const [world, alice] = [await client.account(), await client.account()];
  const registered = await client.post('/v1/webhooks/endpoints', {
    url: receiver.url,
    eventTypes: ['account.monitor.triggered'],
  });
  const condition = { measure: 'balance', operator: '>=', amount: '10' };
  await client.post(`/v1/accounts/${alice}/monitors`, condition);
  for (let i = 0; i < 3; i += 1) {
    await client.transfer(world, alice, '10');
    await client.transfer(alice, world, '10');
  }

  const { handler } = await import('../../../functions/consumers/evaluate-monitors.ts');
  const { handler: deliver } = await import('../../../functions/jobs/deliver-webhooks.ts');
  // Two openings, and two entries a transfer.
  const records = 2 + 12;
  await feedConsumer(test, {
    tenant,
    consumer: 'evaluate-monitors',
    handler,
    batchSize: 3,
    records,
  });

  const summary = await deliver({}, {} as Context);

  expect(summary).toMatchObject({ delivered: 3, retried: 0, dead: 0 });
  const verifier = new Webhook(registered.body.secret);
  const events = receiver.received.map(({ body, headers }) => verifier.verify(body, headers));
  expect(events).toMatchObject(
    ['2', '4', '6'].map((version) => ({ data: { accountId: alice, version, balance: '10' } })),
  );
  const { body } = await client.get(`/v1/accounts/${alice}/monitors`);
  expect(body.items).toMatchObject([{ state: 'armed', version: '7' }]);
  const ended = await client.get(`/v1/webhooks/deliveries?accountId=${alice}&status=delivered`);
  expect(ended.body.items).toHaveLength(3);
});
