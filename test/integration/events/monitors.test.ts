import { randomUUID } from 'node:crypto';
import { ensureTopics, kafkaEventLog, relayOutbox } from '@atlas/kafka';
import { postgresOutboxes } from '@atlas/postgres';
import type { BatchAnswer } from '@atlas/runtime';
import type { Context, MSKEvent, MSKRecord } from 'aws-lambda';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { topics } from '../../../functions/manifest.ts';
import { startEventSource } from '../../../localstack/event-source/event-source.ts';
import { apiClient } from '../../support/api-client.ts';
import { pollUntil } from '../../support/poll.ts';
import { startTestApi, type TestApi } from '../../support/test-api.ts';
import { startReceiver, type WebhookReceiver } from '../../support/webhook-receiver.ts';

let test: TestApi;
let receiver: WebhookReceiver;

beforeAll(async () => {
  test = await startTestApi();
  receiver = await startReceiver();
  // Both functions act as the role of the jobs.
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
  const kafka = {
    brokers: test.environment.ATLAS_KAFKA_BROKERS?.split(',') ?? [],
    clientId: 'monitor-test',
    auth: 'none',
  } as const;
  await ensureTopics(kafka, topics);
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

  const relayed = postgresOutboxes({ shards: test.database.relay });
  const log = kafkaEventLog(kafka);
  const { handler: consume } = await import('../../../functions/consumers/evaluate-monitors.ts');
  const { handler: deliver } = await import('../../../functions/jobs/deliver-webhooks.ts');
  const context = { getRemainingTimeInMillis: () => 60_000 } as Context;
  const isOurs = (record: MSKRecord): boolean =>
    record.headers.some(({ tenant: bytes }) => Buffer.from(bytes ?? []).toString() === tenant);
  let delivered = 0;
  const invoke = async (event: MSKEvent): Promise<BatchAnswer> => {
    const records = Object.entries(event.records).map(
      ([place, all]) => [place, all.filter(isOurs)] as const,
    );
    delivered += records.flatMap(([, ours]) => ours).length;
    return consume({ ...event, records: Object.fromEntries(records) }, context);
  };
  const source = await startEventSource({
    ...{ kafka, topic: 'ledger.account.v1', group: tenant, batchSize: 3, maxAttempts: 5 },
    ...{ failureTopic: 'evaluate-monitors.failed.v1', invoke },
  });
  const twice = {
    ...log,
    publish: async (messages: Parameters<typeof log.publish>[0]) => {
      await log.publish(messages);
      await log.publish(messages);
    },
  };
  const signal = AbortSignal.timeout(30_000);
  await relayOutbox({ outboxes: relayed.outboxes, signal, log: twice, until: 'drained' });
  // Two openings, and twelve entries.
  await pollUntil(
    async () => delivered,
    (count) => count === 2 * (2 + 12),
    30_000,
  );
  await source.close();
  await Promise.all([relayed.close(), log.close()]);

  const summary = await deliver({}, context);

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
