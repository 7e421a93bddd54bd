import { type EventLog, type EventMessage, Fault } from '@atlas/domain';
import type { Producer } from 'kafkajs';
import { encodeEvent } from './cloud-event.ts';
import { type KafkaConnection, kafkaClient } from './kafka-client.ts';

/**
 * An event log on Kafka. Idempotent and acknowledged by all replicas, with one request in flight:
 * with kafkajs's default of five, acknowledged messages were lost when the broker was killed.
 */
export const kafkaEventLog = (connection: KafkaConnection): EventLog => {
  const kafka = kafkaClient(connection);
  let connected: Promise<Producer> | undefined;

  const producer = (): Promise<Producer> => {
    connected ??= (async () => {
      const made = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
      await made.connect();
      return made;
    })().catch((error) => {
      connected = undefined;
      throw error;
    });
    return connected;
  };

  /** A producer that failed may have lost its sequence, so the next send starts with a new one. */
  const forget = async (): Promise<void> => {
    const broken = connected;
    connected = undefined;
    await broken?.then((made) => made.disconnect()).catch(() => {});
  };

  return {
    async publish(messages) {
      if (messages.length === 0) return;
      try {
        const sender = await producer();
        await sender.sendBatch({ acks: -1, timeout: 10_000, topicMessages: byTopic(messages) });
      } catch (error) {
        await forget();
        const message = 'Kafka did not acknowledge the events';
        throw new Fault('dependency-unavailable', message, { cause: error });
      }
    },
    async check(timeoutMs) {
      const admin = kafka.admin({ retry: { retries: 0 } });
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<boolean>((resolve) => {
        timer = setTimeout(() => resolve(false), timeoutMs);
      });
      const asked = (async () => {
        await admin.connect();
        await admin.describeCluster();
        return true;
      })().catch(() => false);
      try {
        return await Promise.race([asked, late]);
      } finally {
        clearTimeout(timer);
        admin.disconnect().catch(() => {});
      }
    },
    close: forget,
  };
};

const byTopic = (messages: readonly EventMessage[]) => {
  const topics = new Map<string, ReturnType<typeof encodeEvent>[]>();
  for (const message of messages) {
    const record = encodeEvent(message);
    const known = topics.get(message.topic);
    if (known === undefined) topics.set(message.topic, [record]);
    else known.push(record);
  }
  return [...topics].map(([topic, records]) => ({
    topic,
    messages: records.map((record) => ({ ...record, headers: { ...record.headers } })),
  }));
};
