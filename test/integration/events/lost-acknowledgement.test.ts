import { randomUUID } from 'node:crypto';
import type { EventMessage } from '@atlas/domain';
import { ensureTopics, kafkaClient, kafkaEventLog } from '@atlas/kafka';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KafkaProxy, kafkaProxy } from '../../chaos/framework/injectors/kafka-proxy.ts';
import { readTopic } from '../../support/read-topic.ts';
import { testServices } from '../../support/services.ts';

const { kafkaBrokers: brokers } = testServices();
let proxy: KafkaProxy;
let topic: string;

beforeEach(async () => {
  topic = `acknowledged-${randomUUID().slice(0, 8)}`;
  await ensureTopics({ brokers, clientId: 'test', auth: 'none' }, [{ name: topic, partitions: 1 }]);
  const [host = '', port = ''] = brokers[0]?.split(':') ?? [];
  proxy = await kafkaProxy({ host, port: Number(port) });
  let isFirst = true;
  proxy.loseAcknowledgements(() => {
    const befalls = isFirst;
    isFirst = false;
    return befalls;
  });
});
afterEach(() => proxy.close());

const throughProxy = () => ({
  brokers: [`127.0.0.1:${proxy.port}`],
  clientId: 'test',
  auth: 'none' as const,
});

const onTheLog = async (): Promise<ReadonlySet<string>> =>
  new Set((await readTopic(brokers, topic)).map(({ key }) => key));

const event = (key: string): EventMessage =>
  ({
    ...{ key, topic, eventId: key, tenant: 'acme', traceparent: null },
    ...{ type: 'AccountFrozen', schemaVersion: 1 },
    data: { accountId: key, recordedAt: new Date().toISOString(), version: '2' },
  }) as unknown as EventMessage;

describe('two publications at once, of which the first loses its acknowledgement', () => {
  it('are both on the log once they are acknowledged', async () => {
    const log = kafkaEventLog(throughProxy());

    await Promise.all([log.publish([event('first')]), log.publish([event('second')])]);
    await log.close();

    expect(proxy.lost()).toBe(1);
    expect(await onTheLog()).toEqual(new Set(['first', 'second']));
  });

  it('lose one of them, though both are acknowledged, where they share a producer of kafkajs', async () => {
    const producer = kafkaClient(throughProxy()).producer({
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    const send = (key: string) =>
      producer.send({ topic, acks: -1, messages: [{ key, value: key }] });

    await Promise.all([send('first'), send('second')]);
    await producer.disconnect();

    expect(proxy.lost()).toBe(1);
    expect((await onTheLog()).size).toBe(1);
  });
});
