/**
 * `node …/pipeline-program.ts`: what carries changes to the read model: the relay, and the projection of
 * balances behind an event source. SIGTERM lets it finish its batch.
 */
import { kafkaEventLog, relayOutbox } from '@atlas/kafka';
import { postgresOutboxes, type ShardConnection } from '@atlas/postgres';
import type { Context, MSKEvent, MSKRecord } from 'aws-lambda';
import { handler } from '../../../functions/consumers/project-balances.ts';
import { startEventSource } from '../../../localstack/event-source/event-source.ts';

export interface PipelineSettings {
  /** As the relay's role. */
  readonly shards: readonly ShardConnection[];
  readonly brokers: readonly string[];
  readonly group: string;
  /** Only records of tenants whose names begin so reach the projection: others write to the topic, too. */
  readonly tenantPrefix: string;
}

const settings = JSON.parse(process.env.ATLAS_CHAOS_PIPELINE ?? '') as PipelineSettings;
const kafka = { brokers: settings.brokers, clientId: settings.group, auth: 'none' } as const;
const stop = new AbortController();
const relayed = postgresOutboxes({ shards: settings.shards, namedStatements: true });
const log = kafkaEventLog(kafka);
const relaying = relayOutbox({
  outboxes: relayed.outboxes,
  log,
  signal: stop.signal,
  until: 'aborted',
});
const isOurs = ({ headers }: MSKRecord): boolean =>
  headers.some(({ tenant: bytes }) =>
    Buffer.from(bytes ?? [])
      .toString()
      .startsWith(settings.tenantPrefix),
  );
const context = { getRemainingTimeInMillis: () => 30_000 } as Context;
const source = await startEventSource({
  kafka,
  topic: 'ledger.account.v1',
  group: settings.group,
  batchSize: 50,
  maxAttempts: 5,
  failureTopic: 'project-balances.failed.v1',
  invoke: (event: MSKEvent) => {
    const records = Object.entries(event.records).map(([place, all]) => [
      place,
      all.filter(isOurs),
    ]);
    return handler({ ...event, records: Object.fromEntries(records) }, context);
  },
});
process.once('SIGTERM', () => {
  stop.abort();
  void Promise.all([relaying, source.close()])
    .then(() => Promise.all([log.close(), relayed.close()]))
    .then(() => process.exit(0));
});
process.on('disconnect', () => process.exit(0));
process.stdout.write('ready\n');
