import { type EventLog, type EventMessage, Fault } from '@atlas/domain';
import type { Producer, ProducerBatch } from 'kafkajs';
import { encodeEvent } from './cloud-event.ts';
import { type KafkaConnection, kafkaClient } from './kafka-client.ts';

/**
 * An event log on Kafka. Idempotent and acknowledged by all replicas, with one request in flight:
 * with kafkajs's default of five, acknowledged messages were lost when the broker was killed.
 *
 * One publication at a time, with all its attempts: kafkajs gives the sequence numbers of a batch whose
 * acknowledgement was lost to whoever sends next. The broker then takes that batch for the one that it has,
 * and acknowledges what it never appended.
 */
export const kafkaEventLog = (connection: KafkaConnection): EventLog => {
  const kafka = kafkaClient(connection);
  let connected: Promise<Producer> | undefined;
  let last: Promise<void> = Promise.resolve();

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

  const send = async (messages: readonly EventMessage[]): Promise<void> => {
    try {
      const sender = await producer();
      for (const topicMessages of inRequests(messages)) {
        await sender.sendBatch({ acks: -1, timeout: 10_000, topicMessages });
      }
    } catch (error) {
      await forget();
      const message = 'Kafka did not acknowledge the events';
      throw new Fault('dependency-unavailable', message, { cause: error });
    }
  };

  return {
    publish(messages) {
      if (messages.length === 0) return Promise.resolve();
      const mine = last.then(() => send(messages));
      last = mine.catch(() => {});
      return mine;
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

type TopicMessages = NonNullable<ProducerBatch['topicMessages']>;
type Records = TopicMessages[number]['messages'];

/**
 * kafkajs sends what it is given for a partition as one record batch, and a broker refuses one
 * beyond its `message.max.bytes`, 1 MiB: a backlog that is sent whole would never be sent at all.
 */
const maxRequestBytes = 512 * 1024;
/** Lengths, offsets and timestamps beside what a record carries. */
const recordOverheadBytes = 64;

const inRequests = (messages: readonly EventMessage[]): readonly TopicMessages[] => {
  const requests: Map<string, Records>[] = [];
  let leftBytes = 0;
  for (const message of messages) {
    const { key, value, headers } = encodeEvent(message);
    const bytes = Buffer.byteLength(key + value + JSON.stringify(headers)) + recordOverheadBytes;
    if (requests.length === 0 || bytes > leftBytes) {
      requests.push(new Map());
      leftBytes = maxRequestBytes;
    }
    leftBytes -= bytes;
    const topics = requests.at(-1) ?? new Map<string, Records>();
    const known = topics.get(message.topic);
    const record = { key, value, headers: { ...headers } };
    if (known === undefined) topics.set(message.topic, [record]);
    else known.push(record);
  }
  return requests.map((topics) =>
    [...topics].map(([topic, records]) => ({ topic, messages: records })),
  );
};
