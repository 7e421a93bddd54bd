/**
 * The one page that names everything Atlas runs: every endpoint, consumer, relay and job, with its
 * route, access, service level and time budget. Stacks, alarms, dashboards, the OpenAPI document
 * and the local runner are derived from it; a test demands that it agrees with the folders.
 *
 * `name` is the file: `functions/api/<name>.ts`, `functions/consumers/<name>.ts` and so on.
 */
import type {
  ConsumerRow,
  EndpointRow,
  JobRow,
  QueueConsumerRow,
  RelayRow,
  TransformRow,
  TriggerRow,
} from './manifest-rows.ts';

export * from './manifest-rows.ts';

const read = { scopes: ['ledger:read'], access: ['ledger:read'], idempotency: 'none' } as const;
const write = {
  scopes: ['ledger:write'],
  access: ['ledger:write'],
  idempotency: 'postgres',
} as const;
const readWebhooks = {
  ...read,
  scopes: ['webhooks:read'],
  slo: 'non-critical',
  budgetMs: 3_000,
} as const;
const writeWebhooks = {
  ...write,
  scopes: ['webhooks:write'],
  slo: 'non-critical',
  budgetMs: 5_000,
} as const;
const open = { scopes: 'public', access: [], idempotency: 'none' } as const;

export const endpoints = [
  {
    name: 'check-liveness',
    method: 'GET',
    path: '/v1/health/live',
    ...open,
    slo: 'default',
    budgetMs: 1_000,
    summary: 'Tell whether the API answers',
  },
  {
    name: 'check-readiness',
    method: 'GET',
    path: '/v1/health/ready',
    ...open,
    access: ['dependencies:check'],
    slo: 'default',
    budgetMs: 3_000,
    summary: 'Check each dependency, each with its own time-out',
  },
  {
    name: 'read-metrics',
    method: 'GET',
    path: '/v1/ops/metrics',
    scopes: ['ops:read'],
    access: ['metrics:read'],
    idempotency: 'none',
    slo: 'non-critical',
    budgetMs: 5_000,
    summary: 'Read what was counted and measured, as Prometheus does',
  },
  {
    name: 'read-openapi',
    method: 'GET',
    path: '/v1/openapi.json',
    ...open,
    slo: 'non-critical',
    budgetMs: 2_000,
    summary: 'Read the description of this API',
  },
  {
    name: 'read-docs',
    method: 'GET',
    path: '/v1/docs',
    ...open,
    slo: 'non-critical',
    budgetMs: 3_000,
    summary: 'Read the description of this API as a page',
  },

  {
    name: 'post-asset',
    method: 'POST',
    path: '/v1/assets',
    scopes: ['ledger:write'],
    access: ['ledger:write', 'idempotency:write'],
    idempotency: 'dynamodb',
    slo: 'default',
    budgetMs: 5_000,
    summary: 'Create an asset',
  },
  {
    name: 'list-assets',
    method: 'GET',
    path: '/v1/assets',
    ...read,
    slo: 'default',
    budgetMs: 3_000,
    summary: 'List assets',
  },

  {
    name: 'post-account',
    method: 'POST',
    path: '/v1/accounts',
    ...write,
    slo: 'critical',
    budgetMs: 5_000,
    summary: 'Open an account',
  },
  {
    name: 'list-accounts',
    method: 'GET',
    path: '/v1/accounts',
    ...read,
    slo: 'default',
    budgetMs: 3_000,
    summary: 'List accounts',
  },
  {
    name: 'read-account',
    method: 'GET',
    path: '/v1/accounts/{accountId}',
    ...read,
    slo: 'critical',
    budgetMs: 3_000,
    summary: 'Read an account',
  },
  {
    name: 'patch-account',
    method: 'PATCH',
    path: '/v1/accounts/{accountId}',
    ...write,
    slo: 'default',
    budgetMs: 5_000,
    summary: 'Change the metadata of an account',
  },
  {
    name: 'close-account',
    method: 'POST',
    path: '/v1/accounts/{accountId}/closure',
    ...write,
    slo: 'default',
    budgetMs: 5_000,
    summary: 'Close an account for good',
  },
  {
    name: 'freeze-account',
    method: 'POST',
    path: '/v1/accounts/{accountId}/freeze',
    ...write,
    slo: 'default',
    budgetMs: 5_000,
    summary: 'Freeze an account',
  },
  {
    name: 'unfreeze-account',
    method: 'POST',
    path: '/v1/accounts/{accountId}/unfreeze',
    ...write,
    slo: 'default',
    budgetMs: 5_000,
    summary: 'Let a frozen account move again',
  },
  {
    name: 'list-entries',
    method: 'GET',
    path: '/v1/accounts/{accountId}/entries',
    ...read,
    slo: 'default',
    budgetMs: 3_000,
    summary: 'List the entries of an account',
  },
  {
    name: 'read-balance',
    method: 'GET',
    path: '/v1/accounts/{accountId}/balance',
    ...read,
    access: ['ledger:read', 'balances:read'],
    slo: 'critical',
    budgetMs: 3_000,
    summary: 'Read a balance, at a chosen consistency level',
  },

  {
    name: 'post-transfer',
    method: 'POST',
    path: '/v1/transfers',
    ...write,
    slo: 'critical',
    budgetMs: 5_000,
    summary: 'Move value between accounts, atomically',
  },
  {
    name: 'post-batch',
    method: 'POST',
    path: '/v1/transfers/batch',
    ...write,
    slo: 'default',
    budgetMs: 10_000,
    summary: 'Do up to 500 transfers, reversals and holds in one transaction',
  },
  {
    name: 'reverse-transfer',
    method: 'POST',
    path: '/v1/transfers/{transferId}/reversal',
    ...write,
    slo: 'default',
    budgetMs: 5_000,
    summary: 'Take back a transfer',
  },
  {
    name: 'list-transfers',
    method: 'GET',
    path: '/v1/transfers',
    ...read,
    slo: 'default',
    budgetMs: 3_000,
    summary: 'List transfers',
  },
  {
    name: 'read-transfer',
    method: 'GET',
    path: '/v1/transfers/{transferId}',
    ...read,
    slo: 'critical',
    budgetMs: 3_000,
    summary: 'Read a transfer',
  },
  {
    name: 'read-transfer-proof',
    method: 'GET',
    path: '/v1/transfers/{transferId}/proof',
    ...read,
    slo: 'non-critical',
    budgetMs: 5_000,
    summary: 'Prove that a transfer was sealed into the audit chain',
  },
  {
    name: 'accept-transfer',
    method: 'POST',
    path: '/v1/transfers/async',
    ...write,
    access: ['ledger:write', 'intake:send'],
    slo: 'default',
    budgetMs: 5_000,
    summary: 'Accept a transfer, to be posted soon',
  },
  {
    name: 'read-intake',
    method: 'GET',
    path: '/v1/transfers/async/{intakeId}',
    ...read,
    slo: 'default',
    budgetMs: 3_000,
    summary: 'Read what became of an accepted transfer',
  },

  {
    name: 'post-hold',
    method: 'POST',
    path: '/v1/holds',
    ...write,
    slo: 'critical',
    budgetMs: 5_000,
    summary: 'Reserve funds',
  },
  {
    name: 'list-holds',
    method: 'GET',
    path: '/v1/holds',
    ...read,
    slo: 'default',
    budgetMs: 3_000,
    summary: 'List holds',
  },
  {
    name: 'read-hold',
    method: 'GET',
    path: '/v1/holds/{holdId}',
    ...read,
    slo: 'critical',
    budgetMs: 3_000,
    summary: 'Read a hold',
  },
  {
    name: 'capture-hold',
    method: 'POST',
    path: '/v1/holds/{holdId}/capture',
    ...write,
    slo: 'critical',
    budgetMs: 5_000,
    summary: 'Post what a hold reserves, or a part of it',
  },
  {
    name: 'void-hold',
    method: 'POST',
    path: '/v1/holds/{holdId}/void',
    ...write,
    slo: 'critical',
    budgetMs: 5_000,
    summary: 'Release what a hold reserves',
  },

  {
    name: 'read-trial-balance',
    method: 'GET',
    path: '/v1/reports/trial-balance',
    ...read,
    slo: 'non-critical',
    budgetMs: 10_000,
    summary: 'Read the trial balance: what every account adds up to',
  },

  {
    name: 'post-upload',
    method: 'POST',
    path: '/v1/uploads',
    scopes: ['ledger:write'],
    access: ['uploads:write', 'idempotency:write'],
    idempotency: 'dynamodb',
    slo: 'non-critical',
    budgetMs: 3_000,
    summary: 'Prepare the upload of a file',
  },

  {
    name: 'post-webhook-endpoint',
    method: 'POST',
    path: '/v1/webhooks/endpoints',
    ...writeWebhooks,
    access: ['ledger:write', 'webhooks:seal'],
    summary: 'Register an endpoint for webhooks',
  },
  {
    name: 'list-webhook-endpoints',
    method: 'GET',
    path: '/v1/webhooks/endpoints',
    ...readWebhooks,
    summary: 'List the endpoints for webhooks',
  },
  {
    name: 'read-webhook-endpoint',
    method: 'GET',
    path: '/v1/webhooks/endpoints/{endpointId}',
    ...readWebhooks,
    summary: 'Read an endpoint for webhooks',
  },
  {
    name: 'patch-webhook-endpoint',
    method: 'PATCH',
    path: '/v1/webhooks/endpoints/{endpointId}',
    ...writeWebhooks,
    summary: 'Enable or disable an endpoint, or subscribe it to other events',
  },
  {
    name: 'delete-webhook-endpoint',
    method: 'DELETE',
    path: '/v1/webhooks/endpoints/{endpointId}',
    ...writeWebhooks,
    summary: 'Delete an endpoint for webhooks',
  },
  {
    name: 'rotate-webhook-secret',
    method: 'POST',
    path: '/v1/webhooks/endpoints/{endpointId}/secret',
    ...writeWebhooks,
    access: ['ledger:write', 'webhooks:seal'],
    summary: 'Give an endpoint a new secret',
  },
  {
    name: 'ping-webhook-endpoint',
    method: 'POST',
    path: '/v1/webhooks/endpoints/{endpointId}/ping',
    ...writeWebhooks,
    access: ['ledger:write', 'webhooks:nudge'],
    summary: 'Send an endpoint a delivery to try it out',
  },
  {
    name: 'list-webhook-deliveries',
    method: 'GET',
    path: '/v1/webhooks/deliveries',
    ...readWebhooks,
    summary: 'List deliveries of webhooks',
  },
  {
    name: 'replay-webhook-delivery',
    method: 'POST',
    path: '/v1/webhooks/deliveries/{deliveryId}/replay',
    ...writeWebhooks,
    access: ['ledger:write', 'webhooks:nudge'],
    summary: 'Send a delivery again',
  },
  {
    name: 'post-monitor',
    method: 'POST',
    path: '/v1/accounts/{accountId}/monitors',
    ...writeWebhooks,
    summary: 'Watch a balance',
  },
  {
    name: 'list-monitors',
    method: 'GET',
    path: '/v1/accounts/{accountId}/monitors',
    ...readWebhooks,
    summary: 'List the monitors of an account',
  },
  {
    name: 'delete-monitor',
    method: 'DELETE',
    path: '/v1/monitors/{monitorId}',
    ...writeWebhooks,
    summary: 'Stop watching a balance',
  },

  {
    name: 'post-reconciliation',
    method: 'POST',
    path: '/v1/reconciliations',
    ...write,
    access: ['ledger:write', 'uploads:read'],
    slo: 'non-critical',
    budgetMs: 20_000,
    summary: 'Compare an uploaded statement with the entries of an account',
  },
  {
    name: 'list-reconciliations',
    method: 'GET',
    path: '/v1/reconciliations',
    ...read,
    slo: 'non-critical',
    budgetMs: 3_000,
    summary: 'List reconciliations',
  },
  {
    name: 'read-reconciliation',
    method: 'GET',
    path: '/v1/reconciliations/{reconciliationId}',
    ...read,
    slo: 'non-critical',
    budgetMs: 3_000,
    summary: 'Read what a reconciliation found, in figures',
  },
  {
    name: 'list-reconciliation-items',
    method: 'GET',
    path: '/v1/reconciliations/{reconciliationId}/items',
    ...read,
    slo: 'non-critical',
    budgetMs: 3_000,
    summary: 'List what a reconciliation matched, and found missing or extra',
  },
] as const satisfies readonly EndpointRow[];

export const consumers = [
  {
    name: 'project-balances',
    topic: 'ledger.account.v1',
    group: 'project-balances',
    access: ['events:consume', 'balances:write'],
    slo: 'default',
    budgetMs: 30_000,
    batchSize: 100,
    batchWindowMs: 0,
    maxAttempts: 5,
  },
  {
    name: 'evaluate-monitors',
    topic: 'ledger.account.v1',
    group: 'evaluate-monitors',
    access: ['events:consume', 'monitors:evaluate', 'webhooks:nudge'],
    slo: 'default',
    budgetMs: 30_000,
    batchSize: 100,
    batchWindowMs: 0,
    maxAttempts: 5,
  },
] as const satisfies readonly ConsumerRow[];

export const queues = [
  {
    name: 'post-intake',
    queue: 'intake',
    access: ['ledger:write', 'intake:receive'],
    slo: 'default',
    budgetMs: 10_000,
    batchSize: 100,
    batchWindowMs: 1_000,
    maxConcurrency: 10,
    maxReceives: 5,
  },
] as const satisfies readonly QueueConsumerRow[];

export const relays = [
  {
    name: 'publish-outbox',
    access: ['outbox:drain', 'events:publish'],
    slo: 'critical',
    budgetMs: 55_000,
    everyMinutes: 1,
  },
] as const satisfies readonly RelayRow[];

export const jobs = [
  {
    name: 'measure-outbox',
    summary: 'Measure what waits in the outboxes, and how far the consumers are behind',
    access: ['outbox:drain', 'events:measure'],
    slo: 'default',
    budgetMs: 10_000,
    everyMinutes: 1,
  },
  {
    name: 'expire-holds',
    summary: 'Release what holds reserve after their time',
    access: ['holds:expire'],
    slo: 'default',
    budgetMs: 30_000,
    everyMinutes: 1,
  },
  {
    name: 'deliver-webhooks',
    summary: 'Send the deliveries of webhooks that are due',
    access: ['webhooks:deliver', 'webhooks:seal'],
    slo: 'default',
    budgetMs: 55_000,
    everyMinutes: 1,
  },
  {
    name: 'seal-audit-chain',
    summary: 'Seal what was committed into the audit chains, and anchor their heads',
    access: ['audit:seal'],
    slo: 'default',
    budgetMs: 50_000,
    everyMinutes: 1,
  },
  {
    name: 'verify-audit-chain',
    summary: 'Recompute the audit chains from the rows, a part at a time',
    access: ['audit:verify'],
    slo: 'non-critical',
    budgetMs: 60_000,
    everyMinutes: 5,
  },
  {
    name: 'resend-intakes',
    summary: 'Announce again what was accepted and waits too long',
    access: ['intakes:sweep', 'intake:send'],
    slo: 'default',
    budgetMs: 30_000,
    everyMinutes: 1,
  },
] as const satisfies readonly JobRow[];

/** What a deployment to AWS calls; offline the platform does the same itself. */
export const triggers = [
  {
    name: 'migrate-shards',
    summary: 'Migrate every shard and create topics, at each deployment',
    access: ['migrations:run', 'events:publish'],
    slo: 'non-critical',
    budgetMs: 600_000,
  },
  {
    name: 'configure-search',
    summary: 'Put templates, retention and dashboards into the search domain of the logs',
    access: ['search:configure'],
    slo: 'non-critical',
    budgetMs: 120_000,
  },
] as const satisfies readonly TriggerRow[];

/** What the delivery stream of the logs calls, where a stage has one. */
export const transforms = [
  {
    name: 'transform-logs',
    summary: 'Redact log lines, and make a document of each, before they leave CloudWatch',
    access: ['logs:redeliver'],
    slo: 'non-critical',
    budgetMs: 60_000,
  },
] as const satisfies readonly TransformRow[];

/** By the folder of `functions/` that they lie in. */
export const folders = {
  api: endpoints,
  consumers,
  queues,
  relays,
  jobs,
  transforms,
  triggers,
} as const;

/** All that work for callers, or for what callers did; those of log delivery and deployment do not. */
export const services = [...endpoints, ...consumers, ...queues, ...relays, ...jobs] as const;

/** Kafka topics Atlas owns, with their partition counts on AWS and offline. */
export const topics = [
  { name: 'ledger.transfer.v1', partitions: 4 },
  { name: 'ledger.account.v1', partitions: 4 },
  { name: 'ledger.hold.v1', partitions: 4 },
  { name: 'project-balances.failed.v1', partitions: 1 },
  { name: 'evaluate-monitors.failed.v1', partitions: 1 },
] as const;

export type EndpointName = (typeof endpoints)[number]['name'];
export type ConsumerName = (typeof consumers)[number]['name'];
export type QueueConsumerName = (typeof queues)[number]['name'];
export type JobName = (typeof jobs)[number]['name'];
