export type { ShardHealth } from './check-shards.ts';
export * from './hold-expiry.ts';
export * from './ledger.ts';
export * from './migrate.ts';
export * from './monitor-evaluation.ts';
export * from './outboxes.ts';
export type { ShardConnection } from './shard-connection.ts';
export * from './webhook-queues.ts';
export * from './webhooks.ts';
