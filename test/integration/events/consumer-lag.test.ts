import { randomUUID } from 'node:crypto';
import { consumerLags, kafkaClient } from '@atlas/kafka';
import type { Admin } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testServices } from '../../support/services.ts';

const topic = `lag-${randomUUID()}`;
const begun = `begun-${randomUUID()}`;
const done = `done-${randomUUID()}`;
const connection = () =>
  ({ brokers: testServices().kafkaBrokers, clientId: 'test', auth: 'none' }) as const;
let admin: Admin;

beforeAll(async () => {
  const kafka = kafkaClient(connection());
  admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true });
  const producer = kafka.producer();
  await producer.connect();
  const messages = [0, 1].flatMap((partition) =>
    Array.from({ length: 10 }, (_, i) => ({ partition, value: String(i) })),
  );
  await producer.send({ topic, messages });
  await producer.disconnect();
  const commit = (groupId: string, offsets: readonly number[]) =>
    admin.setOffsets({
      groupId,
      topic,
      partitions: offsets.map((offset, partition) => ({ partition, offset: String(offset) })),
    });
  await commit(begun, [4]);
  await commit(done, [10, 10]);
});
afterAll(async () => {
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
});

const lagOf = async (group: string) =>
  (await consumerLags(connection(), [{ group, topic }])).map(({ records }) => records);

describe('how far a consumer is behind', () => {
  it('is what its group has not committed, of partitions that it has not begun all of it', async () => {
    expect(await lagOf(done)).toEqual([0]);
    expect(await lagOf(begun)).toEqual([16]);
    expect(await lagOf(`never-${randomUUID()}`)).toEqual([20]);
  });

  it('does not count what has expired before it came to it', async () => {
    await admin.fetchTopicMetadata({ topics: [topic] });
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 1, offset: '7' }] });
    expect(await lagOf(begun)).toEqual([9]);
  });

  it('is a failure where the topic is not there', async () => {
    const lags = consumerLags(connection(), [{ group: done, topic: `none-${randomUUID()}` }]);
    await expect(lags).rejects.toThrow('does not host this topic-partition');
  });
});
