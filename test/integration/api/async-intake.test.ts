import { randomUUID } from 'node:crypto';
import { DeleteQueueCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, apiClient } from '../../support/api-client.ts';
import { drainQueue, lambdaContext, sqsEvent, sqsOf } from '../../support/intake-messages.ts';
import { testServices } from '../../support/services.ts';
import { startTestApi, type TestApi } from '../../support/test-api.ts';

let test: TestApi;
let client: ApiClient;
let queue: SQSClient;
let queueUrl: string;

beforeAll(async () => {
  test = await startTestApi();
  client = apiClient(test.api, await test.issuer.token());
  queue = sqsOf(testServices().awsEndpoint);
  queueUrl = test.environment.ATLAS_INTAKE_QUEUE_URL ?? '';
  await client.asset('EUR');
});
afterAll(async () => {
  queue.destroy();
  await test.close();
});

const pair = async () => ({
  world: await client.account(),
  alice: await client.account({ minBalance: '0' }),
});

const accept = (
  debitAccountId: string,
  creditAccountId: string,
  amount: string,
  headers: Readonly<Record<string, string>> = {},
  to = client,
) =>
  to.post(
    '/v1/transfers/async',
    { postings: [{ debitAccountId, creditAccountId, amount }] },
    headers,
  );

/** What the function answers to these messages. */
const deliver = async (bodies: readonly string[]): Promise<readonly string[]> => {
  const { handler } = await import('../../../functions/queues/post-intake.ts');
  const answer = await handler(sqsEvent(bodies), lambdaContext('post-intake'));
  return answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
};

const waitingMessages = async (): Promise<string[]> =>
  (await drainQueue(queue, queueUrl)).map(({ Body = '' }) => Body);

describe('a transfer that is accepted over the API', () => {
  it('is answered before it is posted, announced after the commit, and posted by the message', async () => {
    await waitingMessages();
    const { world, alice } = await pair();

    const answer = await accept(world, alice, '1050');

    expect(answer.status).toBe(202);
    const { intakeId } = answer.body;
    expect(answer.headers.location).toBe(`/v1/transfers/async/${intakeId}`);
    expect(answer.body).toEqual({
      intakeId,
      status: 'accepted',
      acceptedAt: expect.any(String),
      settledAt: null,
      transferId: null,
      problem: null,
      failedAttempts: 0,
    });
    const place = answer.headers.location ?? '';
    expect((await client.get(place)).body).toEqual(answer.body);
    expect((await client.get(`/v1/accounts/${alice}/balance`)).body.balance).toBe('0');

    const messages = await waitingMessages();
    expect(messages.map((body) => JSON.parse(body))).toEqual([{ tenant: 'acme', intakeId }]);
    expect(await deliver(messages)).toEqual([]);

    const settled = (await client.get(place)).body;
    expect(settled).toMatchObject({ status: 'posted', problem: null });
    const transfer = await client.get(`/v1/transfers/${settled.transferId}`);
    expect(transfer.body).toMatchObject({
      recordedAt: settled.settledAt,
      postings: [{ debitAccountId: world, creditAccountId: alice, amount: '1050' }],
    });
    expect(await deliver([...messages, ...messages])).toEqual([]);
    expect((await client.get(`/v1/accounts/${alice}/balance`)).body.balance).toBe('1050');
  });

  it('says why it was refused, as the synchronous answer would have', async () => {
    const { world, alice } = await pair();
    const { body, headers } = await accept(alice, world, '5');
    expect(await deliver([JSON.stringify({ tenant: 'acme', intakeId: body.intakeId })])).toEqual(
      [],
    );
    const settled = (await client.get(headers.location ?? '')).body;
    expect(settled).toMatchObject({ status: 'refused', transferId: null });
    const refused = (await client.transfer(alice, world, '5')).body;
    const { instance: _instance, requestId: _requestId, ...problem } = refused;
    expect(settled.problem).toEqual(problem);
  });

  it('keeps its key: one intake, whatever comes again, and how often', async () => {
    await waitingMessages();
    const { world, alice } = await pair();
    const key = { 'Idempotency-Key': randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => accept(world, alice, '1', key)),
    );
    for (const { status } of answers) expect([202, 409]).toContain(status);
    const again = await accept(world, alice, '1', key);
    const ids = new Set(
      [...answers, again].filter(({ status }) => status === 202).map(({ body }) => body.intakeId),
    );
    expect(ids.size).toBe(1);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect((await accept(world, alice, '2', key)).body.code).toBe('idempotency-key-reused');
    expect(await waitingMessages()).toHaveLength(1);
  });

  it('is checked before it is accepted, as far as that needs no account', async () => {
    const { world, alice } = await pair();
    expect((await accept(world, world, '1')).body.code).toBe('same-account');
    expect((await accept(world, alice, '0')).body).toMatchObject({
      code: 'validation-failed',
      errors: [{ pointer: '/postings/0/amount' }],
    });
    const postings = Array.from({ length: 101 }, () => ({
      debitAccountId: world,
      creditAccountId: alice,
      amount: '1',
    }));
    expect((await client.post('/v1/transfers/async', { postings })).status).toBe(400);
  });

  it('is not found by a stranger, nor does he move what is not his', async () => {
    await waitingMessages();
    const { world, alice } = await pair();
    const mallory = apiClient(test.api, await test.issuer.token({ tenant: 'mallory' }));
    const own = await accept(world, alice, '1');
    expect((await mallory.get(own.headers.location ?? '')).body.code).toBe('intake-not-found');

    const theft = await accept(world, alice, '7', {}, mallory);
    expect(theft.status).toBe(202);
    expect(await deliver(await waitingMessages())).toEqual([]);
    expect((await mallory.get(theft.headers.location ?? '')).body).toMatchObject({
      status: 'refused',
      problem: { code: 'account-not-found', accountId: world },
    });
    expect((await client.get(`/v1/accounts/${alice}/balance`)).body.balance).toBe('1');
  });
});

describe('the function that posts', () => {
  it('names the messages that it cannot read or find, and posts the others', async () => {
    await waitingMessages();
    const { world, alice } = await pair();
    await accept(world, alice, '3');
    const [good = ''] = await waitingMessages();
    const unknown = JSON.parse(good);
    unknown.intakeId = `${unknown.intakeId.slice(0, -4)}0000`;
    const failed = await deliver([
      'not JSON',
      good,
      '{"tenant":"acme"}',
      JSON.stringify(unknown),
      '{"tenant":"acme","intakeId":"no id"}',
    ]);
    expect(failed.toSorted()).toEqual(['message-0', 'message-2', 'message-3', 'message-4']);
    expect((await client.get(`/v1/accounts/${alice}/balance`)).body.balance).toBe('3');
  });
});

describe('a queue that is gone', () => {
  it('fails no request: what was accepted is there, and waits', async () => {
    const { world, alice } = await pair();
    await queue.send(new DeleteQueueCommand({ QueueUrl: queueUrl }));

    const answer = await accept(world, alice, '1');

    expect(answer.status).toBe(202);
    expect((await client.get(answer.headers.location ?? '')).body.status).toBe('accepted');
  });
});
