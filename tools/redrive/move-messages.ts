import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListMessageMoveTasksCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';

export interface Moved {
  readonly before: number;
  readonly moved: number;
  readonly left: number;
  /** By SQS itself, or one by one where the endpoint has no such task. */
  readonly by: 'task' | 'hand';
}

interface Queue {
  readonly url: string;
  readonly arn: string;
}

const queueNamed = async (client: SQSClient, QueueName: string): Promise<Queue> => {
  const { QueueUrl: url = '' } = await client.send(new GetQueueUrlCommand({ QueueName }));
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
  );
  return { url, arn: Attributes?.QueueArn ?? '' };
};

/** As far as SQS can tell: those that nobody is looking at. */
export const countMessages = async (client: SQSClient, QueueUrl: string): Promise<number> => {
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
  );
  return Number(Attributes?.ApproximateNumberOfMessages ?? 0);
};

/**
 * Moves what lies on one queue to another, both by name. Nothing is lost when it is interrupted: a message
 * is deleted after it was sent, and may then be on both.
 */
export const moveMessages = async (
  client: SQSClient,
  names: { readonly from: string; readonly to: string },
  // For how long nobody else sees what is being moved by hand.
  inHandSeconds = 30,
): Promise<Moved> => {
  const [from, to] = [await queueNamed(client, names.from), await queueNamed(client, names.to)];
  const before = await countMessages(client, from.url);
  const moved = await moveByTask(client, from, to);
  const counts = moved ?? (await moveByHand(client, from, to, inHandSeconds));
  const left = await countMessages(client, from.url);
  return { before, moved: counts, left, by: moved === undefined ? 'hand' : 'task' };
};

/** How emulators and SQS-like servers say that they do not know an action. */
const isUnknownAction = ({ name }: Error): boolean =>
  /InvalidAction|UnsupportedOperation|UnknownOperation|NotImplemented/.test(name);

/** Undefined where the endpoint has no such tasks. */
const moveByTask = async (
  client: SQSClient,
  from: Queue,
  to: Queue,
): Promise<number | undefined> => {
  const asked = { SourceArn: from.arn, DestinationArn: to.arn };
  const started = await client
    .send(new StartMessageMoveTaskCommand(asked))
    .catch((error: Error) => {
      if (isUnknownAction(error)) return undefined;
      throw error;
    });
  if (started === undefined) return undefined;
  for (;;) {
    const { Results: [task] = [] } = await client.send(
      new ListMessageMoveTasksCommand({ SourceArn: from.arn, MaxResults: 1 }),
    );
    if (task?.Status === 'COMPLETED') return task.ApproximateNumberOfMessagesMoved ?? 0;
    if (task?.Status !== 'RUNNING') {
      throw new Error(`the task ended as ${task?.Status}: ${task?.FailureReason ?? 'no reason'}`);
    }
    await sleep(1_000);
  }
};

const moveByHand = async (
  client: SQSClient,
  from: Queue,
  to: Queue,
  VisibilityTimeout: number,
): Promise<number> => {
  for (let moved = 0; ; ) {
    const { Messages: messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: from.url,
        MaxNumberOfMessages: 10,
        VisibilityTimeout,
        // Asks every server of the queue, where a short look may miss some.
        WaitTimeSeconds: 1,
      }),
    );
    if (messages.length === 0) return moved;
    const { Successful: sent = [] } = await client.send(
      new SendMessageBatchCommand({
        QueueUrl: to.url,
        Entries: messages.map(({ Body }, i) => ({ Id: String(i), MessageBody: Body })),
      }),
    );
    if (sent.length === 0) throw new Error('the queue takes no message');
    const Entries = sent.map(({ Id }) => ({
      Id,
      ReceiptHandle: messages[Number(Id)]?.ReceiptHandle,
    }));
    await client.send(new DeleteMessageBatchCommand({ QueueUrl: from.url, Entries }));
    moved += sent.length;
  }
};
