import { randomBytes, randomUUID } from 'node:crypto';
import { makeId, partitionOfId } from '@atlas/domain';
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countMessages, moveMessages } from '../../tools/redrive/move-messages.ts';
import { type ApiClient, apiClient } from '../support/api-client.ts';
import { deployedApi } from '../support/deployed-api.ts';
import type { ApiAnswer } from '../support/in-process-api.ts';
import { sqsOf } from '../support/intake-messages.ts';
import { pollUntil } from '../support/poll.ts';
import { sendPatiently } from '../support/send-patiently.ts';

const deployed = deployedApi();
const tenant = `intake-${randomUUID().slice(0, 8)}`;
const sqs = sqsOf(deployed.outputs.awsEndpoint);
const names = { from: 'atlas-local-intake-dead', to: 'atlas-local-intake' };
let client: ApiClient;
let queueUrl: string;
let deadUrl: string;

const urlOf = async (QueueName: string) =>
  (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? '';

beforeAll(async () => {
  client = apiClient(deployed.api, await deployed.token({ tenant }));
  [queueUrl, deadUrl] = [await urlOf(names.to), await urlOf(names.from)];
  await client.asset('EUR');
});
afterAll(() => sqs.destroy());

const pair = async () => ({
  world: await client.account(),
  alice: await client.account({ minBalance: '0' }),
});

const accept = (debitAccountId: string, creditAccountId: string, amount: string) => {
  const key = { 'Idempotency-Key': randomUUID() };
  const body = { postings: [{ debitAccountId, creditAccountId, amount }] };
  return sendPatiently(() => client.post('/v1/transfers/async', body, key));
};

const settled = (place: string, timeoutMs = 60_000): Promise<ApiAnswer> =>
  pollUntil(
    () => client.get(place),
    ({ status, body }) => status === 200 && body.status !== 'accepted',
    timeoutMs,
  );

const balanceOf = async (accountId: string): Promise<string> =>
  (await client.get(`/v1/accounts/${accountId}/balance`)).body.balance;

const onShardOf = async (id: string, sql: string, values: unknown[]) => {
  const shard = deployed.outputs.postgres.find(
    ({ name }) => name === `postgres-${partitionOfId(id) >> 7}`,
  );
  const { postgres: password } = deployed.secrets;
  const admin = new pg.Client({ ...shard, user: 'postgres', password, database: 'atlas' });
  await admin.connect();
  try {
    await admin.query(sql, values);
  } finally {
    await admin.end();
  }
};

/** As if it had been accepted, and nobody had been told: due to be announced at once. */
const keep = async (debit: string, credit: string, amount: number): Promise<string> => {
  const partition = partitionOfId(debit);
  const intakeId = makeId(Date.now(), partition, randomBytes(9));
  await onShardOf(
    intakeId,
    `INSERT INTO ledger.intake (tenant, intake_id, partition, accepted_at, resend_at, debits, credits, amounts)
     VALUES ($1, $2, $3, now(), now(), ARRAY[$4::uuid], ARRAY[$5::uuid], ARRAY[$6::bigint])`,
    [tenant, intakeId, partition, debit, credit, amount],
  );
  return intakeId;
};

describe('asynchronous intake over HTTP', () => {
  it('posts two hundred transfers that were accepted, refuses what it must, and books balance', async () => {
    const { world, alice } = await pair();
    const lanes = Array.from({ length: 4 }, async (_, lane) => {
      const answers: ApiAnswer[] = [];
      for (let i = 0; i < 50; i += 1) {
        // Alice never has a million: one in ten is refused.
        answers.push(
          i % 10 === 9
            ? await accept(alice, world, '1000000')
            : await accept(world, alice, String(lane + 1)),
        );
      }
      return answers;
    });
    const answers = (await Promise.all(lanes)).flat();
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));

    const ends: ApiAnswer[] = [];
    for (const { headers } of answers) ends.push(await settled(headers.location ?? ''));

    const count = (status: string) => ends.filter(({ body }) => body.status === status).length;
    expect([count('posted'), count('refused')]).toEqual([180, 20]);
    expect(await balanceOf(alice)).toBe(String(45 * (1 + 2 + 3 + 4)));
    expect(await balanceOf(world)).toBe(String(-45 * (1 + 2 + 3 + 4)));
    const refused = ends.find(({ body }) => body.status === 'refused');
    expect(refused?.body.problem).toMatchObject({ code: 'insufficient-funds', accountId: alice });
    const [first] = ends;
    const transfer = await client.get(`/v1/transfers/${first?.body.transferId}`);
    expect(transfer.body).toMatchObject({ recordedAt: first?.body.settledAt });
    await pollUntil(
      () => client.get(`/v1/accounts/${alice}/balance?consistency=eventual`),
      ({ status, body }) => status === 200 && body.balance === '450',
      60_000,
    );
  }, 200_000);

  it('puts aside what cannot be posted, goes on with the rest, and posts it once it is mended', async () => {
    const { world, alice } = await pair();
    const attributes = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['VisibilityTimeout'] }),
    );
    const setTimeouts = (VisibilityTimeout: string) =>
      sqs.send(
        new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: { VisibilityTimeout } }),
      );
    const poison = await keep(world, alice, -5);
    const place = `/v1/transfers/async/${poison}`;
    const before = await countMessages(sqs, deadUrl);
    await setTimeouts('1');
    try {
      const MessageBody = JSON.stringify({ tenant, intakeId: poison });
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
      const good = await accept(world, alice, '7');
      expect((await settled(good.headers.location ?? '')).body.status).toBe('posted');
      await pollUntil(
        () => countMessages(sqs, deadUrl),
        (count) => count > before,
        // LocalStack looks into a queue that was empty after ten seconds again, and it takes five looks.
        150_000,
      );
    } finally {
      await setTimeouts(attributes.Attributes?.VisibilityTimeout ?? '30');
    }
    const left = (await client.get(place)).body;
    expect(left).toMatchObject({ status: 'accepted', transferId: null });
    expect(left.failedAttempts).toBeGreaterThanOrEqual(5);
    expect(await balanceOf(alice)).toBe('7');

    await onShardOf(poison, 'UPDATE ledger.intake SET amounts[1] = 5 WHERE intake_id = $1', [
      poison,
    ]);
    expect((await moveMessages(sqs, names)).moved).toBeGreaterThan(0);
    expect((await settled(place)).body).toMatchObject({ status: 'posted' });
    expect(await balanceOf(alice)).toBe('12');
  }, 300_000);

  it('finds by itself what was accepted and never announced', async () => {
    const { world, alice } = await pair();
    const untold = await keep(world, alice, 3);
    expect((await settled(`/v1/transfers/async/${untold}`, 150_000)).body.status).toBe('posted');
    expect(await balanceOf(alice)).toBe('3');
  }, 180_000);
});
