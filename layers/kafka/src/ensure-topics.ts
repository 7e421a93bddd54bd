import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { type KafkaConnection, kafkaClient } from './kafka-client.ts';

export interface TopicToHave {
  readonly name: string;
  readonly partitions: number;
}

/** How long a new topic may take until each of its partitions is served. */
const patienceMs = 30_000;

/**
 * Creates the topics that are missing, and waits until a leader serves every partition of all of them.
 *
 * The wait is our own: the client's ends with an error when the broker that is asked has not heard of the topic
 * yet, does not wait for a topic that somebody else has just created, and believes in leaders that do not know of
 * their luck yet.
 *
 * @returns the names of those that were created
 * @throws Error when a partition is not served within 30 s
 */
export const ensureTopics = async (
  connection: KafkaConnection,
  wanted: readonly TopicToHave[],
): Promise<readonly string[]> => {
  const missing = await withAdmin(connection, async (admin) => {
    const existing = new Set(await admin.listTopics());
    const topics = wanted.filter((topic) => !existing.has(topic.name));
    if (topics.length > 0) {
      await admin.createTopics({
        waitForLeaders: false,
        topics: topics.map((topic) => ({ topic: topic.name, numPartitions: topic.partitions })),
      });
    }
    return topics;
  });
  const deadline = Date.now() + patienceMs;
  while (!(await areServed(connection, wanted))) {
    if (Date.now() > deadline) {
      const names = wanted.map(({ name }) => name).join(', ');
      throw new Error(`a partition of ${names} is not served after ${patienceMs / 1_000} s`);
    }
    await sleep(50);
  }
  return missing.map((topic) => topic.name);
};

const withAdmin = async <T>(
  connection: KafkaConnection,
  act: (admin: Admin) => Promise<T>,
): Promise<T> => {
  const admin = kafkaClient(connection).admin();
  await admin.connect();
  try {
    return await act(admin);
  } finally {
    await admin.disconnect();
  }
};

const notYet = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
]);

/** Asks each leader where its partitions end; with a client of its own, since one keeps what it was told once. */
const areServed = async (
  connection: KafkaConnection,
  wanted: readonly TopicToHave[],
): Promise<boolean> => {
  try {
    return await withAdmin(connection, async (admin) => {
      for (const { name } of wanted) {
        if ((await admin.fetchTopicOffsets(name)).length === 0) return false;
      }
      return true;
    });
  } catch (error) {
    // What the client gives up on after some attempts has it as its cause.
    const { type, cause } = error as { type?: string; cause?: { type?: string } };
    if (notYet.has(type ?? cause?.type ?? '')) return false;
    throw error;
  }
};
