import { randomUUID } from 'node:crypto';
import { kafkaClient } from '@atlas/kafka';
import type { Admin } from 'kafkajs';

export interface TopicRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The next offset of each partition that holds something. */
export type TopicEnds = ReadonlyMap<number, bigint>;

/** Where a topic ends at this moment. */
export const topicEnds = (brokers: readonly string[], topic: string): Promise<TopicEnds> =>
  endsOf(kafkaClient({ brokers, clientId: 'test-reader', auth: 'none' }).admin(), topic);

/** What a topic holds at this moment, in log order per partition: all, or what came since then. */
export const readTopic = async (
  brokers: readonly string[],
  topic: string,
  since: TopicEnds = new Map(),
): Promise<readonly TopicRecord[]> => {
  const kafka = kafkaClient({ brokers, clientId: 'test-reader', auth: 'none' });
  const ends = await endsOf(kafka.admin(), topic);
  for (const [partition, end] of since) if (ends.get(partition) === end) ends.delete(partition);
  if (ends.size === 0) return [];
  const consumer = kafka.consumer({
    groupId: `test-reader-${randomUUID()}`,
    heartbeatInterval: 500,
    maxWaitTimeInMs: 100,
  });
  const records: TopicRecord[] = [];
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        const offset = BigInt(message.offset);
        if (offset < (since.get(partition) ?? 0n)) return;
        records.push({
          partition,
          offset,
          key: message.key?.toString() ?? '',
          value: message.value?.toString() ?? '',
          headers: Object.fromEntries(
            Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
          ),
        });
        if (offset + 1n >= (ends.get(partition) ?? 0n)) ends.delete(partition);
        if (ends.size === 0) finish();
      },
    });
    for (const [partition, end] of since) {
      consumer.seek({ topic, partition, offset: end.toString() });
    }
    await finished;
  } finally {
    await consumer.disconnect();
  }
  return records;
};

const endsOf = async (admin: Admin, topic: string): Promise<Map<number, bigint>> => {
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(topic);
    return new Map(
      offsets
        .filter(({ low, high }) => BigInt(high) > BigInt(low))
        .map(({ partition, high }) => [partition, BigInt(high)]),
    );
  } finally {
    await admin.disconnect();
  }
};
