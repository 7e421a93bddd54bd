import { CreateQueueCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { countMessages, moveMessages } from '../../../tools/redrive/move-messages.ts';
import { drainQueue, sqsOf } from '../../support/intake-messages.ts';
import { pollUntil } from '../../support/poll.ts';
import { testServices } from '../../support/services.ts';

const prefix = `redrive-${process.pid}-${Date.now()}`;
let client: SQSClient;
let names: { readonly from: string; readonly to: string };
let urls: { readonly from: string; readonly to: string };

beforeAll(() => {
  client = sqsOf(testServices().awsEndpoint);
});
afterAll(() => client.destroy());

let made = 0;
beforeEach(async () => {
  made += 1;
  names = { from: `${prefix}-${made}-dead`, to: `${prefix}-${made}` };
  const make = async (QueueName: string) =>
    (await client.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? '';
  urls = { from: await make(names.from), to: await make(names.to) };
});

const bodies = Array.from({ length: 23 }, (_, i) => `message ${i}`);
const fill = async () => {
  for (const MessageBody of bodies) {
    await client.send(new SendMessageCommand({ QueueUrl: urls.from, MessageBody }));
  }
};
const bodiesOn = async (url: string) =>
  (await drainQueue(client, url)).map(({ Body = '' }) => Body).toSorted();

describe('moving messages back', () => {
  it('moves all of them, says how many, and leaves none', async () => {
    await fill();
    expect(await moveMessages(client, names)).toMatchObject({ before: 23, moved: 23, left: 0 });
    expect(await bodiesOn(urls.to)).toEqual(bodies.toSorted());
    expect(await bodiesOn(urls.from)).toEqual([]);
  });

  it('has nothing to do on an empty queue', async () => {
    expect(await moveMessages(client, names)).toMatchObject({ before: 0, moved: 0, left: 0 });
  });

  it.each([
    ['before it sends', 'SendMessageBatchCommand'],
    ['after it has sent, before it deletes', 'DeleteMessageBatchCommand'],
  ])('loses nothing when it dies %s', async (_when, command) => {
    await fill();
    const dying = sqsOf(testServices().awsEndpoint);
    dying.middlewareStack.add(
      (next, context) => (input) => {
        if (context.commandName === command) throw new Error('killed');
        return next(input);
      },
      { step: 'initialize' },
    );
    await expect(moveMessages(dying, names, 1)).rejects.toThrow('killed');
    dying.destroy();

    const waiting = await pollUntil(
      () => countMessages(client, urls.from),
      (count) => count === bodies.length,
    );
    expect(await moveMessages(client, names)).toMatchObject({ moved: waiting, left: 0 });
    expect([...new Set(await bodiesOn(urls.to))]).toEqual(bodies.toSorted());
  });
});
