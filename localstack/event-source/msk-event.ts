import { randomUUID } from 'node:crypto';
import type { MSKEvent, MSKRecord } from 'aws-lambda';
import type { KafkaMessage } from 'kafkajs';
import type { ClusterEventSource } from './event-source.ts';

const base64 = (value: Buffer | null): string => (value ?? Buffer.alloc(0)).toString('base64');

/** Records as Lambda receives them from MSK: base64, and headers as lists of byte arrays. */
export const mskEvent = (
  options: ClusterEventSource,
  partition: number,
  messages: readonly KafkaMessage[],
): MSKEvent => ({
  eventSource: 'aws:kafka',
  eventSourceArn: `arn:aws:kafka:us-east-1:000000000000:cluster/local/${options.clusterId}`,
  bootstrapServers: options.kafka.brokers.join(','),
  records: {
    [`${options.topic}-${partition}`]: messages.map((message) => ({
      topic: options.topic,
      partition,
      offset: Number(message.offset),
      timestamp: Number(message.timestamp),
      timestampType: 'CREATE_TIME',
      key: base64(message.key),
      value: base64(message.value),
      headers: headersOf(message),
    })),
  },
});

const headersOf = (message: KafkaMessage): MSKRecord['headers'] =>
  Object.entries(message.headers ?? {}).flatMap(([name, value]) =>
    [value].flat().map((one) => ({ [name]: [...Buffer.from(one ?? '')] })),
  );

/** What AWS sends to an on-failure topic: why, which record, and the record itself. */
export const failureRecord = (
  options: ClusterEventSource,
  partition: number,
  message: KafkaMessage,
  attempts: number,
) => ({
  key: message.key,
  value: JSON.stringify({
    requestContext: {
      requestId: randomUUID(),
      functionArn: `arn:aws:lambda:us-east-1:000000000000:function:${options.group}`,
      condition: 'RetriesExhausted',
      approximateInvokeCount: attempts,
    },
    version: '1.0',
    timestamp: new Date().toISOString(),
    KafkaBatchInfo: {
      batchSize: 1,
      bootstrapServers: options.kafka.brokers.join(','),
      recordsInfo: {
        [`${options.topic}-${partition}`]: {
          firstRecordOffset: message.offset,
          lastRecordOffset: message.offset,
        },
      },
    },
    payload: mskEvent(options, partition, [message]),
  }),
});
