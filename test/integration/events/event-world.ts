import { randomUUID } from 'node:crypto';
import type { EventLog, EventMessage, LedgerTopic, Outbox } from '@atlas/domain';
import {
  decodeEvent,
  ensureTopics,
  kafkaEventLog,
  type RelayOptions,
  relayOutbox,
} from '@atlas/kafka';
import {
  type PostgresLedger,
  type PostgresOutboxes,
  postgresLedger,
  postgresOutboxes,
} from '@atlas/postgres';
import type pg from 'pg';
import { topics } from '../../../functions/manifest.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { acceptedValue, call, request, transferOf } from '../../support/ledger.ts';
import { readTopic } from '../../support/read-topic.ts';
import { testServices } from '../../support/services.ts';

/** Each a debited account, a credited one and an amount. */
type Postings = readonly (readonly [string, string, bigint])[];

/** A ledger, its outboxes and the real event log, for one tenant of a test's own. */
export interface EventWorld {
  readonly tenant: string;
  readonly database: TestDatabase;
  readonly ledger: PostgresLedger;
  readonly outboxes: readonly Outbox[];
  readonly log: EventLog;
  /** A superuser on the one shard. */
  readonly admin: pg.Client;
  /** A relay that ends once nothing is left that it could send. */
  drain(wishes?: Partial<RelayOptions>): Promise<number>;
  /** Posts a transfer of one unit, or of the postings given. Answers with its id. */
  transfer(debit: string, credit: string): Promise<string>;
  transferMany(postings: Postings): Promise<string>;
  /** The tenant's events of a topic, in log order per key. */
  logged(topic: LedgerTopic): Promise<readonly EventMessage[]>;
  waiting(): Promise<number>;
  close(): Promise<void>;
}

export const startEventWorld = async (): Promise<EventWorld> => {
  const { kafkaBrokers: brokers } = testServices();
  const tenant = `events-${randomUUID().slice(0, 8)}`;
  const kafka = { brokers, clientId: 'test', auth: 'none' } as const;
  const [database] = await Promise.all([testDatabase(1), ensureTopics(kafka, topics)]);
  const ledger = postgresLedger({
    shards: database.api,
    namedStatements: true,
    maxConnectionsPerShard: 16,
  });
  const relayed: PostgresOutboxes = postgresOutboxes({
    shards: database.relay,
    namedStatements: true,
  });
  const log = kafkaEventLog(kafka);
  const admin = await database.admin(0);
  const transferMany = async (postings: Postings): Promise<string> => {
    const command = transferOf(...postings);
    return acceptedValue(await ledger.postTransfer(request(tenant), command, call())).transferId;
  };
  await ledger.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
  return {
    tenant,
    database,
    ledger,
    outboxes: relayed.outboxes,
    log,
    admin,
    drain: (wishes = {}) =>
      relayOutbox({
        outboxes: relayed.outboxes,
        log,
        signal: AbortSignal.timeout(30_000),
        until: 'drained',
        ...wishes,
      }),
    transfer: (debit, credit) => transferMany([[debit, credit, 1n]]),
    transferMany,
    async logged(topic) {
      const records = await readTopic(brokers, topic);
      return records
        .filter(({ headers }) => headers.tenant === tenant)
        .map((record) => decodeEvent(topic, record));
    },
    async waiting() {
      const { rows } = await admin.query('SELECT count(*)::int AS n FROM ledger.outbox');
      return rows[0].n;
    },
    async close() {
      await Promise.all([ledger.close(), relayed.close(), log.close(), admin.end()]);
      await database.drop();
    },
  };
};

/** The versions of each key, in log order, duplicates included. */
export const versionsByKey = (events: readonly EventMessage[]): Map<string, number[]> => {
  const versions = new Map<string, number[]>();
  for (const { key, data } of events) {
    if (!('version' in data)) continue;
    versions.set(key, [...(versions.get(key) ?? []), Number(data.version)]);
  }
  return versions;
};

/** 1 to `last`, as a log without a gap has them. */
export const denseVersions = (last: number): number[] =>
  Array.from({ length: last }, (_, i) => i + 1);
