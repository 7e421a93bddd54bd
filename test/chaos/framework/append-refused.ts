import { randomUUID } from 'node:crypto';
import { kafkaClient } from '@atlas/kafka';
import { pollUntil } from '../../support/poll.ts';
import { readTopic, topicEnds } from '../../support/read-topic.ts';
import { testServices } from '../../support/services.ts';
import type { World } from './world.ts';

const failureTopic = 'project-balances.failed.v1';

/**
 * Appends a record to each partition of the topic of accounts, as an event of a tenant that has nothing
 * else, and waits until the consumer has given all of them up. Answers with how many that were.
 */
export const appendRefused = async (
  { tenantPrefix }: World,
  { value }: { readonly value: string },
): Promise<number> => {
  const { kafkaBrokers: brokers } = testServices();
  const since = await topicEnds(brokers, failureTopic);
  const producer = kafkaClient({ brokers, clientId: 'chaos', auth: 'none' }).producer({
    idempotent: true,
    maxInFlightRequests: 1,
  });
  const key = randomUUID();
  const headers = {
    ce_id: randomUUID(),
    ce_type: 'AccountEntered',
    ce_dataschema: 'urn:atlas:event:AccountEntered:1',
    tenant: `${tenantPrefix}poison`,
  };
  const partitions = [0, 1, 2, 3];
  await producer.connect();
  try {
    const messages = partitions.map((partition) => ({ key, value, headers, partition }));
    await producer.send({ topic: 'ledger.account.v1', acks: -1, messages });
  } finally {
    await producer.disconnect();
  }
  const givenUp = async () => {
    const records = await readTopic(brokers, failureTopic, since);
    return records.filter((record) => record.key === key).length;
  };
  return pollUntil(givenUp, (count) => count === partitions.length, 30_000);
};
