import {
  type EventMessage,
  type LedgerEvents,
  type LedgerEventType,
  type LedgerTopic,
  told,
} from '@atlas/domain';
import { eventError } from './event-schemas.ts';

/** A Kafka record: the data as JSON, everything else as CloudEvents attributes in headers. */
export interface EventRecord {
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Kafka protocol binding of CloudEvents 1.0, binary mode. */
export const encodeEvent = (message: EventMessage): EventRecord => ({
  key: message.key,
  value: JSON.stringify(message.data),
  headers: {
    ce_specversion: '1.0',
    ce_id: message.eventId,
    ce_type: message.type,
    ce_source: '/atlas/ledger',
    ce_subject: message.key,
    ce_time: message.data.recordedAt,
    ce_dataschema: `urn:atlas:event:${message.type}:${message.schemaVersion}`,
    'content-type': 'application/json',
    tenant: message.tenant,
    ...(message.traceparent === null ? {} : { traceparent: message.traceparent }),
  },
});

/** A record that is no event of ours: nothing a retry could mend. */
export class MalformedEvent extends Error {
  override readonly name = 'MalformedEvent';
  /** The message may quote the record, which logs must not; this may be told. */
  readonly [told] = 'code';
  readonly code: 'header-missing' | 'no-json' | 'schema-violated';

  constructor(code: MalformedEvent['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const headerOf = (record: EventRecord, name: string): string => {
  const value = record.headers[name];
  if (value === undefined)
    throw new MalformedEvent('header-missing', `the header ${name} is missing`);
  return value;
};

/** Reads a record back, and checks the data against the schema of its type. */
export const decodeEvent = (topic: string, record: EventRecord): EventMessage => {
  const type = headerOf(record, 'ce_type');
  let data: unknown;
  try {
    data = JSON.parse(record.value);
  } catch (error) {
    throw new MalformedEvent('no-json', 'the value is not JSON', { cause: error });
  }
  const wrong = eventError(type, data);
  if (wrong !== undefined) throw new MalformedEvent('schema-violated', wrong);
  return {
    eventId: headerOf(record, 'ce_id'),
    type: type as LedgerEventType,
    schemaVersion: Number(headerOf(record, 'ce_dataschema').split(':').at(-1)),
    topic: topic as LedgerTopic,
    key: record.key,
    tenant: headerOf(record, 'tenant'),
    traceparent: record.headers.traceparent ?? null,
    data: data as LedgerEvents[LedgerEventType],
  };
};
