import type { MetricCatalogue, MetricDefinition, MetricLabel } from './metric-definition.ts';

const ofFunction: readonly MetricLabel[] = ['function'];

/** What a consumer, relay or job counts in a run. */
const counted = (
  prometheus: string,
  help: string,
  panel?: MetricDefinition['panel'],
): MetricDefinition => ({
  kind: 'counter',
  unit: 'count',
  labels: ofFunction,
  prometheus: `atlas_${prometheus}_total`,
  cloudWatch: 'line',
  help,
  ...(panel === undefined ? {} : { panel }),
});

/** What one measures in a run. */
const measured = (
  prometheus: string,
  help: string,
  more: Partial<MetricDefinition> = {},
): MetricDefinition => ({
  kind: 'gauge',
  unit: prometheus.endsWith('_milliseconds') ? 'milliseconds' : 'count',
  labels: ofFunction,
  prometheus: `atlas_${prometheus}`,
  cloudWatch: 'line',
  help,
  ...more,
});

const outbox = { title: 'Outbox: waiting, parked, oldest age', by: ['measure-outbox'] };
const lag = { title: 'Consumers: records behind, at most', by: ['measure-outbox'] };
const holds = { title: 'Holds: expired, failed to expire', by: ['expire-holds'] };
const webhooks = {
  title: 'Webhooks: delivered, to be tried again, dead, lag',
  by: ['deliver-webhooks'],
};
const auditTitle =
  'Audit chains: leaves sealed, findings of anchors and of the audit, oldest age of what is not sealed';
const sealing = { title: auditTitle, by: ['seal-audit-chain'] };
const findings = { title: auditTitle, by: ['seal-audit-chain', 'verify-audit-chain'] };
const intakes = {
  title: 'Intakes: waiting, failing, announced again, oldest age',
  by: ['resend-intakes'],
};

/** What runs behind the API counts and measures: one row, and one call of `count` or `measure` in the run. */
export const workMetrics = {
  RecordsApplied: counted('records_applied', 'Records of a topic whose effect was made.'),
  RecordsIgnored: counted('records_ignored', 'Records of a topic that had no effect to make.'),
  RecordsFailed: counted('records_failed', 'Records of a topic that failed, each time.'),
  MessagesHandled: counted('messages_handled', 'Messages of a queue that were handled.'),
  MessagesFailed: counted('messages_failed', 'Messages of a queue that failed, each time.'),

  EventsPublished: counted('events_published', 'Events that the log acknowledged.'),
  EventsParked: counted('events_parked', 'Events that cannot be sent and were set aside.'),
  OutboxWaiting: measured('outbox_waiting', 'Rows that wait in the outbox of a shard.', {
    labels: ['shard'],
    over: 'sum',
    panel: outbox,
  }),
  OutboxParked: measured('outbox_parked', 'Rows of a shard’s outbox that were set aside.', {
    labels: ['shard'],
    over: 'sum',
    panel: outbox,
  }),
  OutboxOldestAgeMs: measured(
    'outbox_oldest_age_milliseconds',
    'How long the oldest row has waited in the outbox of a shard.',
    { labels: ['shard'], over: 'max', panel: outbox },
  ),
  ConsumerLagRecords: measured(
    'consumer_lag_records',
    'Records of a topic that a consumer has not come to.',
    { labels: ['group', 'topic'], over: 'max', panel: lag },
  ),

  DependencyUp: {
    kind: 'gauge',
    unit: 'count',
    labels: ['dependency'],
    prometheus: 'atlas_up',
    help: 'Whether a dependency answered when the outboxes were measured.',
  },

  HoldsExpired: counted('holds_expired', 'Holds that were released after their time.', holds),
  HoldExpiryFailures: counted(
    'hold_expiry_failures',
    'Holds that could not be released after their time.',
    holds,
  ),

  WebhooksQueued: counted('webhooks_queued', 'Deliveries that events caused.'),
  WebhooksDelivered: counted('webhooks_delivered', 'Deliveries that were taken.', webhooks),
  WebhooksRetried: counted('webhooks_retried', 'Deliveries to be tried again.', webhooks),
  WebhooksDead: counted('webhooks_dead', 'Deliveries that were given up.', webhooks),
  WebhookLagMs: measured(
    'webhook_lag_milliseconds',
    'How long the delivery that is due longest has waited.',
    { panel: webhooks },
  ),

  AuditLeavesSealed: counted('audit_leaves_sealed', 'Changes that were sealed.', sealing),
  AuditBlocksSealed: counted('audit_blocks_sealed', 'Blocks of the audit chains.'),
  AuditSealingFailures: counted('audit_sealing_failures', 'Blocks that could not be sealed.'),
  AuditBlocksVerified: counted('audit_blocks_verified', 'Blocks that were computed again.'),
  AuditFindings: counted('audit_findings', 'What is not as it was sealed or anchored.', findings),
  AuditOldestUnsealedMs: measured(
    'audit_oldest_unsealed_milliseconds',
    'How long the oldest change has waited to be sealed.',
    { panel: sealing },
  ),

  IntakesPosted: counted('intakes_posted', 'Accepted transfers that were posted.'),
  IntakesRefused: counted('intakes_refused', 'Accepted transfers that were refused.'),
  IntakesUnannounced: {
    ...counted('intakes_unannounced', 'Accepted transfers whose message was not sent.'),
    labels: [],
  },
  BalanceFallbacks: {
    ...counted('balance_fallbacks', 'Eventual balances that came from the leader.'),
    labels: [],
  },

  IntakesWaiting: measured('intakes_waiting', 'Accepted transfers that wait.', { panel: intakes }),
  IntakesFailing: measured('intakes_failing', 'Of those that wait, how many failed before.', {
    panel: intakes,
  }),
  IntakesResent: counted('intakes_resent', 'Accepted transfers announced again.', intakes),
  IntakeOldestAgeMs: measured(
    'intake_oldest_age_milliseconds',
    'How long the oldest accepted transfer has waited.',
    { panel: intakes },
  ),

  LogDocuments: counted('log_documents', 'Documents that log lines became.'),
  LogRecordsFailed: counted('log_records_failed', 'Records of log lines that could not be read.'),
  SearchRequests: counted('search_requests', 'Requests that set up the search domain.'),

  MigrationsApplied: counted('migrations_applied', 'Migrations that were applied.'),
  TopicsCreated: counted('topics_created', 'Topics that were created.'),
} as const satisfies MetricCatalogue;
