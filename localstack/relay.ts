/** The long-lived relay: `node localstack/relay.ts ENDPOINTS.json`. SIGTERM lets it finish its batch. */
import { readFileSync } from 'node:fs';
import { kafkaEventLog, relayOutbox } from '@atlas/kafka';
import { postgresOutboxes } from '@atlas/postgres';
import { countTransfers } from '@atlas/runtime';
import { openTelemetryTracer } from '@atlas/tracing/opentelemetry';
import type { LocalEndpoints } from '../lib/endpoints.ts';
import { interruption } from './interruption.ts';
import { localFleet } from './local-fleet.ts';

const [, , file = ''] = process.argv;
const endpoints = JSON.parse(readFileSync(file, 'utf8')) as LocalEndpoints;
const stop = interruption();

const relayed = postgresOutboxes({
  shards: endpoints.shards.map((shard) => ({
    ...shard,
    user: 'atlas_relay',
    password: endpoints.passwords.relay,
  })),
  namedStatements: true,
});
const log = kafkaEventLog({
  brokers: endpoints.kafkaBrokers.split(','),
  clientId: 'relay',
  auth: 'none',
});
const tracer = openTelemetryTracer({
  service: 'atlas-relay',
  stage: 'local',
  endpoint: endpoints.tracesEndpoint,
  share: 1,
});
const say = (message: string, fields: object = {}): void => {
  console.log(JSON.stringify({ at: new Date().toISOString(), message, ...fields }));
};
const fleet = localFleet(endpoints.awsEndpoint, 'relay');

say('ready');
const published = await relayOutbox({
  outboxes: relayed.outboxes,
  log,
  signal: stop,
  until: 'aborted',
  onPublished: (events) => countTransfers(events),
  tracing: { tracer },
  onParked: (row, reason) => say('parked', { id: row.id.toString(), reason }),
  onFailure: (error) => say('failed', { reason: String(error) }),
});
await Promise.all([fleet.close(), log.close(), relayed.close(), tracer.flush()]);
say('stopped', { published });
