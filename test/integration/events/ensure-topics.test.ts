import { randomUUID } from 'node:crypto';
import { ensureTopics, kafkaClient } from '@atlas/kafka';
import { expect, it } from 'vitest';
import { testServices } from '../../support/services.ts';

const { kafkaBrokers: brokers } = testServices();
const kafka = { brokers, clientId: 'ensure-topics-test', auth: 'none' } as const;

it('has every partition served when it answers, also for who found the topic just created', async () => {
  const topic = { name: `topics-${randomUUID().slice(0, 8)}`, partitions: 50 };
  const ends = async (): Promise<number> => {
    await ensureTopics(kafka, [topic]);
    const admin = kafkaClient(kafka).admin();
    await admin.connect();
    try {
      return (await admin.fetchTopicOffsets(topic.name)).length;
    } finally {
      await admin.disconnect();
    }
  };
  expect(await Promise.all(Array.from({ length: 4 }, ends))).toEqual([50, 50, 50, 50]);
});
