import { type KafkaConnection, kafkaClient } from './kafka-client.ts';

export interface TopicToHave {
  readonly name: string;
  readonly partitions: number;
}

/**
 * Creates the topics that are missing, and waits until each has its leaders.
 *
 * @returns the names of those that were created
 */
export const ensureTopics = async (
  connection: KafkaConnection,
  wanted: readonly TopicToHave[],
): Promise<readonly string[]> => {
  const admin = kafkaClient(connection).admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const missing = wanted.filter((topic) => !existing.has(topic.name));
    if (missing.length > 0) {
      await admin.createTopics({
        waitForLeaders: true,
        topics: missing.map((topic) => ({ topic: topic.name, numPartitions: topic.partitions })),
      });
    }
    return missing.map((topic) => topic.name);
  } finally {
    await admin.disconnect();
  }
};
