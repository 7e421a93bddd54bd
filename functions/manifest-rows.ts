/** The kinds of rows that functions/manifest.ts has. */

/** critical 99.99 %, default 99.9 %, non-critical 99 % of requests. */
export type SloTier = 'critical' | 'default' | 'non-critical';

/** OAuth scopes, as tokens carry them. */
export type Scope =
  | 'ledger:read'
  | 'ledger:write'
  | 'webhooks:read'
  | 'webhooks:write'
  | 'ops:read'
  | 'ops:write';

/**
 * What a function may touch. Each is one database role, one set of table or bucket permissions, or
 * one set of topic permissions; see lib/constructs/service-function.ts.
 */
export type Access =
  | 'ledger:read'
  | 'ledger:write'
  | 'outbox:drain'
  | 'holds:expire'
  | 'monitors:evaluate'
  | 'webhooks:deliver'
  | 'webhooks:nudge'
  | 'webhooks:seal'
  | 'audit:seal'
  | 'audit:verify'
  | 'intakes:sweep'
  | 'intake:send'
  | 'intake:receive'
  | 'events:publish'
  | 'events:consume'
  | 'events:measure'
  | 'balances:read'
  | 'balances:write'
  | 'idempotency:write'
  | 'uploads:write'
  | 'uploads:read'
  | 'dependencies:check'
  | 'metrics:read'
  | 'migrations:run'
  | 'logs:redeliver'
  | 'search:configure';

/**
 * How many connections to each shard an execution environment keeps at most for an access; none for those that
 * are not here. It does one request at a time, so it needs few.
 */
export const connectionsPerShard = {
  'ledger:read': 4,
  'ledger:write': 4,
  'dependencies:check': 4,
  'outbox:drain': 4,
  'intake:receive': 4,
  'monitors:evaluate': 4,
  'webhooks:deliver': 4,
  'holds:expire': 1,
  'intakes:sweep': 1,
  'audit:seal': 1,
  'audit:verify': 1,
} as const satisfies Partial<Record<Access, number>>;

export interface EndpointRow {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** With `{parameter}` segments, as API Gateway and OpenAPI write them. */
  readonly path: string;
  readonly summary: string;
  /** 'public' needs no token; otherwise every scope listed is needed. */
  readonly scopes: 'public' | readonly Scope[];
  readonly access: readonly Access[];
  readonly slo: SloTier;
  /** The request's deadline, from arrival to answer; below API Gateway's 29 s. */
  readonly budgetMs: number;
  /** Where an Idempotency-Key is claimed; 'none' for safe methods. */
  readonly idempotency: 'none' | 'postgres' | 'dynamodb';
}

export interface ConsumerRow {
  readonly name: string;
  readonly topic: string;
  readonly group: string;
  readonly access: readonly Access[];
  readonly slo: SloTier;
  readonly budgetMs: number;
  readonly batchSize: number;
  readonly batchWindowMs: number;
  readonly maxAttempts: number;
}

export interface QueueConsumerRow {
  readonly name: string;
  /** The queue it takes messages from; beside it stands its dead-letter queue. */
  readonly queue: string;
  readonly access: readonly Access[];
  readonly slo: SloTier;
  readonly budgetMs: number;
  readonly batchSize: number;
  readonly batchWindowMs: number;
  /** How many batches are worked on at a time; no more than the function's reserved concurrency. */
  readonly maxConcurrency: number;
  /** How often a message is received before it goes to the dead-letter queue. */
  readonly maxReceives: number;
}

export interface RelayRow {
  readonly name: string;
  readonly access: readonly Access[];
  readonly slo: SloTier;
  readonly budgetMs: number;
  /** The sweep that drains what no nudge announced. */
  readonly everyMinutes: number;
}

export interface JobRow {
  readonly name: string;
  readonly summary: string;
  readonly access: readonly Access[];
  readonly slo: SloTier;
  readonly budgetMs: number;
  readonly everyMinutes: number;
}

/** What a delivery stream hands its records to, on their way. */
export interface TransformRow {
  readonly name: string;
  readonly summary: string;
  readonly access: readonly Access[];
  readonly slo: SloTier;
  readonly budgetMs: number;
}

export interface TriggerRow {
  readonly name: string;
  readonly summary: string;
  readonly access: readonly Access[];
  readonly slo: SloTier;
  readonly budgetMs: number;
}
