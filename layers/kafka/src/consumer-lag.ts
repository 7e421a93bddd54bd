import { type KafkaConnection, kafkaClient } from './kafka-client.ts';

/** A consumer's group, and the topic that it reads. */
export interface Consumer {
  readonly group: string;
  readonly topic: string;
}

export interface ConsumerLag extends Consumer {
  /** What was appended, and not committed by the group; of a partition that it has not begun, all of it. */
  readonly records: number;
}

/** How far each consumer is behind, by the offsets that its group has committed. */
export const consumerLags = async (
  connection: KafkaConnection,
  consumers: readonly Consumer[],
): Promise<readonly ConsumerLag[]> => {
  const admin = kafkaClient(connection).admin({ retry: { retries: 0 } });
  await admin.connect();
  try {
    return await Promise.all(
      consumers.map(async ({ group, topic }) => {
        const [[committed], partitions] = await Promise.all([
          admin.fetchOffsets({ groupId: group, topics: [topic] }),
          admin.fetchTopicOffsets(topic),
        ]);
        const records = partitions.reduce((sum, { partition, low, high }) => {
          const found = committed?.partitions.find((one) => one.partition === partition);
          // -1: nothing is committed. Below the first record that is kept: that much has expired.
          const next = Math.max(Number(low), Number(found?.offset ?? -1));
          return sum + Math.max(0, Number(high) - next);
        }, 0);
        return { group, topic, records };
      }),
    );
  } finally {
    admin.disconnect().catch(() => {});
  }
};
