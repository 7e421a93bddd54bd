import { ensureTopics, kafkaEventLog, type RelayOptions, relayOutbox } from '@atlas/kafka';
import { postgresOutboxes } from '@atlas/postgres';
import type { BatchAnswer } from '@atlas/runtime';
import type { Context, MSKEvent, MSKRecord } from 'aws-lambda';
import { topics } from '../../functions/manifest.ts';
import { startEventSource } from '../../localstack/event-source/event-source.ts';
import { pollUntil } from './poll.ts';
import type { TestApi } from './test-api.ts';

export interface Feeding {
  /** Only this tenant's records reach the consumer: other suites write to the topic, too. */
  readonly tenant: string;
  readonly consumer: string;
  readonly handler: (event: MSKEvent, context: Context) => Promise<BatchAnswer>;
  readonly batchSize: number;
  /** How many records of `ledger.account.v1` there are. */
  readonly records: number;
  /** How often each comes. Default: twice. */
  readonly deliveries?: 1 | 2;
  /** What the relay does otherwise than by default. */
  readonly relay?: Partial<RelayOptions>;
  readonly timeoutMs?: number;
}

/**
 * From the outboxes through Kafka and the event source to a consumer, until it has handled every record.
 * Unless told otherwise each batch is on the log twice, as a zombie leaves it.
 */
export const feedConsumer = async (test: TestApi, feeding: Feeding): Promise<void> => {
  const { tenant, consumer, handler, batchSize, records: expected } = feeding;
  const { deliveries = 2, timeoutMs = 30_000 } = feeding;
  const kafka = {
    brokers: test.environment.ATLAS_KAFKA_BROKERS?.split(',') ?? [],
    clientId: tenant,
    auth: 'none',
  } as const;
  await ensureTopics(kafka, topics);
  const relayed = postgresOutboxes({ shards: test.database.relay, namedStatements: true });
  const log = kafkaEventLog(kafka);
  const context = { getRemainingTimeInMillis: () => 30_000 } as Context;
  const isOurs = (record: MSKRecord): boolean =>
    record.headers.some(({ tenant: bytes }) => Buffer.from(bytes ?? []).toString() === tenant);
  let handled = 0;
  const invoke = async (event: MSKEvent): Promise<BatchAnswer> => {
    const records = Object.entries(event.records).map(
      ([place, all]) => [place, all.filter(isOurs)] as const,
    );
    const answer = await handler({ ...event, records: Object.fromEntries(records) }, context);
    handled += records.flatMap(([, ours]) => ours).length;
    return answer;
  };
  const source = await startEventSource({
    ...{ kafka, topic: 'ledger.account.v1', group: tenant, batchSize, maxAttempts: 5 },
    ...{ failureTopic: `${consumer}.failed.v1`, invoke },
  });
  const repeated = {
    ...log,
    publish: async (messages: Parameters<typeof log.publish>[0]) => {
      for (let i = 0; i < deliveries; i += 1) await log.publish(messages);
    },
  };
  const signal = AbortSignal.timeout(timeoutMs);
  const { outboxes } = relayed;
  await relayOutbox({ outboxes, signal, log: repeated, until: 'drained', ...feeding.relay });
  await pollUntil(
    async () => handled,
    (count) => count === deliveries * expected,
    timeoutMs,
  );
  await source.close();
  await Promise.all([relayed.close(), log.close()]);
};
