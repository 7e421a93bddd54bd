import { randomUUID } from 'node:crypto';
import { ensureTopics, kafkaClient } from '@atlas/kafka';
import type { BatchAnswer } from '@atlas/runtime';
import type { MSKEvent } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type EventSource,
  type Invoke,
  startEventSource,
} from '../../../localstack/event-source/event-source.ts';
import { pollUntil } from '../../support/poll.ts';
import { readTopic } from '../../support/read-topic.ts';
import { testServices } from '../../support/services.ts';

const { kafkaBrokers: brokers } = testServices();
const kafka = { brokers, clientId: 'event-source-test', auth: 'none' } as const;
const maxAttempts = 3;
let topic: string;
let source: EventSource | undefined;

beforeEach(async () => {
  topic = `source-${randomUUID().slice(0, 8)}`;
  await ensureTopics(kafka, [
    { name: topic, partitions: 1 },
    { name: `${topic}.failed`, partitions: 1 },
  ]);
});
afterEach(async () => {
  await source?.close();
  source = undefined;
});

const send = async (count: number): Promise<void> => {
  const producer = kafkaClient(kafka).producer({ maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  const messages = Array.from({ length: count }, (_, i) => ({
    key: 'one',
    value: String(i),
    headers: { tenant: 'acme' },
  }));
  await producer.send({ topic, messages, acks: -1 });
  await producer.disconnect();
};

const start = async (invoke: Invoke): Promise<void> => {
  source = await startEventSource({
    kafka,
    topic,
    group: topic,
    batchSize: 100,
    maxAttempts,
    failureTopic: `${topic}.failed`,
    invoke,
  });
};

const valuesOf = (event: MSKEvent): readonly number[] =>
  Object.values(event.records)
    .flat()
    .map((record) => Number(Buffer.from(record.value, 'base64').toString()));

const failedAt = (offset: number): BatchAnswer => ({
  batchItemFailures: [{ itemIdentifier: { partition: `${topic}-0`, offset } }],
});
const handledAll: BatchAnswer = { batchItemFailures: [] };

const committed = async (): Promise<number> => {
  const admin = kafkaClient(kafka).admin();
  await admin.connect();
  const [found] = await admin.fetchOffsets({ groupId: topic, topics: [topic] });
  await admin.disconnect();
  return Number(found?.partitions[0]?.offset);
};

/** Everything is done with once its offsets are committed. */
const untilCommitted = (offset: number): Promise<number> =>
  pollUntil(committed, (found) => found === offset, 20_000);

const failures = () => readTopic(brokers, `${topic}.failed`);

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('the local event source', () => {
  it('hands over events as MSK sends them, in order, and commits what was handled', async () => {
    const events: MSKEvent[] = [];
    await send(250);
    await start(async (event) => {
      events.push(event);
      return handledAll;
    });

    await untilCommitted(250);

    expect(events.flatMap(valuesOf)).toEqual(upTo(250));
    for (const event of events) expect(valuesOf(event).length).toBeLessThanOrEqual(100);
    const [first] = events;
    expect(first?.eventSource).toBe('aws:kafka');
    expect(first?.records[`${topic}-0`]?.[0]).toMatchObject({
      topic,
      partition: 0,
      offset: 0,
      key: Buffer.from('one').toString('base64'),
      headers: [{ tenant: [...Buffer.from('acme')] }],
    });
  });

  it('sends again from the first record that was reported, and nothing before it', async () => {
    const handled: number[] = [];
    let reported = 0;
    await send(10);
    await start(async (event) => {
      const values = valuesOf(event);
      const place = reported < 2 ? values.indexOf(4) : -1;
      if (place === -1) {
        handled.push(...values);
        return handledAll;
      }
      reported += 1;
      handled.push(...values.slice(0, place));
      return failedAt(4);
    });

    await untilCommitted(10);

    expect(handled).toEqual(upTo(10));
    expect(await failures()).toEqual([]);
  });

  // The mutant that counts every failed call counts out record 0, which is innocent.
  it.each([0, 4, 60, 99])(
    'bisects a batch that fails as a whole, down to record %i alone',
    async (poison) => {
      const handled: number[] = [];
      await send(100);
      await start(async (event) => {
        const values = valuesOf(event);
        if (values.includes(poison)) throw new Error('the function crashed');
        handled.push(...values);
        return handledAll;
      });

      await untilCommitted(100);

      expect(handled).toEqual(upTo(100).filter((value) => value !== poison));
      const [failure, ...more] = await failures();
      expect(more).toEqual([]);
      const told = JSON.parse(failure?.value ?? '{}');
      expect(told.requestContext).toMatchObject({
        condition: 'RetriesExhausted',
        approximateInvokeCount: maxAttempts,
      });
      expect(valuesOf(told.payload)).toEqual([poison]);
    },
  );

  it('sends what is reported again and again to the failure topic, and goes on after it', async () => {
    const handled: number[] = [];
    let calls = 0;
    await send(6);
    await start(async (event) => {
      calls += 1;
      const values = valuesOf(event);
      const place = values.indexOf(2);
      handled.push(...(place === -1 ? values : values.slice(0, place)));
      return place === -1 ? handledAll : failedAt(2);
    });

    await untilCommitted(6);

    expect(handled).toEqual([0, 1, 3, 4, 5]);
    expect((await failures()).map(({ value }) => valuesOf(JSON.parse(value).payload))).toEqual([
      [2],
    ]);
    expect(calls).toBeLessThanOrEqual(maxAttempts + 3);
  });

  it('goes on where it was after a restart, without what it had committed', async () => {
    await send(5);
    await start(async () => handledAll);
    await untilCommitted(5);
    await source?.close();
    const handled: number[] = [];
    await send(3);
    await start(async (event) => {
      handled.push(...valuesOf(event));
      return handledAll;
    });

    await untilCommitted(8);

    expect(handled).toEqual([0, 1, 2]);
  });

  it('never commits beyond a record that is still being tried', async () => {
    let broken = true;
    const handled: number[] = [];
    const seen: number[] = [];
    await send(4);
    await start(async (event) => {
      const values = valuesOf(event);
      if (broken && values.includes(2)) {
        seen.push(await committed());
        broken = seen.length < maxAttempts - 1;
        handled.push(...values.slice(0, values.indexOf(2)));
        return failedAt(2);
      }
      handled.push(...values);
      return handledAll;
    });

    await untilCommitted(4);

    for (const offset of seen) expect(offset).toBeLessThanOrEqual(2);
    expect(handled).toEqual([0, 1, 2, 3]);
  });
});
