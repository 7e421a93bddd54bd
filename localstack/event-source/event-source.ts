import { setTimeout as sleep } from 'node:timers/promises';
import { type KafkaConnection, kafkaClient } from '@atlas/kafka';
import type { BatchAnswer } from '@atlas/runtime';
import type { MSKEvent } from 'aws-lambda';
import type { EachBatchPayload, Kafka, KafkaMessage, Message } from 'kafkajs';
import { failureRecord, mskEvent } from './msk-event.ts';

/** Calls a function with an event; throws when the function failed as a whole. */
export type Invoke = (event: MSKEvent) => Promise<BatchAnswer | null>;

export interface EventSourceOptions {
  readonly kafka: KafkaConnection;
  readonly topic: string;
  readonly group: string;
  readonly batchSize: number;
  readonly maxAttempts: number;
  /** Where records go that no attempt could handle. */
  readonly failureTopic: string;
  readonly invoke: Invoke;
  readonly onFailure?: (error: unknown) => void;
}

/** With the cluster that the records come from: a new one starts its offsets over. */
export interface ClusterEventSource extends EventSourceOptions {
  readonly clusterId: string;
}

export interface EventSource {
  close(): Promise<void>;
}

/**
 * What Lambda's Kafka event source mapping does on AWS, for emulators that do not: consumes in
 * order per partition, calls the function with MSK events, honours partial failures, bisects a
 * batch that fails as a whole, retries with backoff, and sends what still fails to the failure
 * topic. Offsets are committed once their records are done with.
 */
export const startEventSource = async (options: EventSourceOptions): Promise<EventSource> => {
  const kafka = kafkaClient(options.kafka);
  const consumer = kafka.consumer({
    groupId: options.group,
    heartbeatInterval: 500,
    sessionTimeout: 10_000,
    // For so long a group waits for a member that is gone; kafkajs's minute is long after a crash.
    rebalanceTimeout: 10_000,
    maxWaitTimeInMs: 100,
    retry: { retries: Number.MAX_SAFE_INTEGER, maxRetryTime: 2_000 },
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => options.onFailure?.(payload.error));
  const clusterId = await clusterIdOf(kafka);
  const failures = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await Promise.all([consumer.connect(), failures.connect()]);
  let last: Promise<unknown> = Promise.resolve();
  /** One at a time: kafkajs gives what two partitions send at once the same sequence numbers. */
  const giveUp = (record: Message): Promise<unknown> => {
    const mine = last.then(() =>
      failures.send({ topic: options.failureTopic, messages: [record] }),
    );
    last = mine.catch(() => {});
    return mine;
  };
  await consumer.subscribe({ topic: options.topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: 4,
    eachBatch: (payload) => consumeBatch(payload, { ...options, clusterId }, giveUp),
  });
  return {
    close: async () => {
      await consumer.disconnect();
      await failures.disconnect();
    },
  };
};

const clusterIdOf = async (kafka: Kafka): Promise<string> => {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return (await admin.describeCluster()).clusterId;
  } finally {
    await admin.disconnect();
  }
};

const consumeBatch = async (
  payload: EachBatchPayload,
  options: ClusterEventSource,
  giveUp: (record: Message) => Promise<unknown>,
): Promise<void> => {
  const { batch } = payload;
  let waiting: readonly KafkaMessage[] = batch.messages;
  let size = options.batchSize;
  let refusals = 0;
  while (waiting.length > 0 && payload.isRunning() && !payload.isStale()) {
    const chunk = waiting.slice(0, size);
    const { done, blamed } = await attempt(chunk, batch.partition, options);
    if (done > 0) {
      await commit(payload, chunk[done - 1]);
      waiting = waiting.slice(done);
      refusals = 0;
    }
    const [poison] = waiting;
    if (done === chunk.length) {
      size = options.batchSize;
    } else if (!blamed) {
      // Whose fault it is comes out when one record stands alone; until then nobody is counted out.
      size = Math.ceil(chunk.length / 2);
    } else {
      refusals += 1;
      if (refusals >= options.maxAttempts && poison !== undefined) {
        await giveUp(failureRecord(options, batch.partition, poison, refusals));
        await commit(payload, poison);
        waiting = waiting.slice(1);
        refusals = 0;
        size = options.batchSize;
      } else {
        await sleep(Math.random() * Math.min(2_000, 50 * 2 ** refusals));
      }
    }
    await payload.heartbeat();
  }
};

/** How many records of the chunk were handled, and whether the next one is known to have failed. */
interface Attempt {
  readonly done: number;
  readonly blamed: boolean;
}

const attempt = async (
  chunk: readonly KafkaMessage[],
  partition: number,
  options: ClusterEventSource,
): Promise<Attempt> => {
  const asWhole: Attempt = { done: 0, blamed: chunk.length === 1 };
  try {
    const answer = await options.invoke(mskEvent(options, partition, chunk));
    const failed = (answer?.batchItemFailures ?? []).map((f) => f.itemIdentifier.offset);
    if (failed.length === 0) return { done: chunk.length, blamed: false };
    const first = Math.min(...failed);
    const place = chunk.findIndex((message) => Number(message.offset) === first);
    return place === -1 ? asWhole : { done: place, blamed: true };
  } catch (error) {
    options.onFailure?.(error);
    return asWhole;
  }
};

const commit = async (payload: EachBatchPayload, last: KafkaMessage | undefined): Promise<void> => {
  if (last === undefined) return;
  const { topic, partition } = payload.batch;
  payload.resolveOffset(last.offset);
  const offset = (BigInt(last.offset) + 1n).toString();
  await payload.commitOffsetsIfNecessary({
    topics: [{ topic, partitions: [{ partition, offset }] }],
  });
};
