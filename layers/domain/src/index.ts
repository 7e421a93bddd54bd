export * from './audit/audit-anchors.ts';
export * from './audit/audit-block.ts';
export * from './audit/audit-chain.ts';
export * from './audit/audit-finding.ts';
export * from './audit/audit-leaf.ts';
export * from './audit/audit-shard.ts';
export * from './audit/check-block.ts';
export * from './audit/merkle-tree.ts';
export * from './audit/seal-chain.ts';
export * from './audit/transfer-proof.ts';
export * from './balance-view.ts';
export * from './breaker-store.ts';
export * from './call-guard.ts';
export * from './checkpoints.ts';
export * from './event-log.ts';
export * from './failures.ts';
export * from './ids.ts';
export * from './ledger/events.ts';
export * from './ledger/filters.ts';
export * from './ledger/intakes.ts';
export * from './ledger/ledger.ts';
export * from './ledger/model.ts';
export * from './ledger/model-ledger.ts';
export {
  type Applied,
  emptyLedger,
  type LedgerCommand,
  type LedgerState,
  type Surroundings,
} from './ledger/model-state.ts';
export * from './ledger/refusals.ts';
export * from './ledger/types.ts';
export * from './metrics/asset-label.ts';
export { boundText, bucketOf, durationBoundsMs } from './metrics/duration-bounds.ts';
export * from './metrics/fleet-series.ts';
export * from './metrics/metric-catalogue.ts';
export type * from './metrics/metric-definition.ts';
export type * from './metrics/metric-store.ts';
export * from './metrics/prometheus-text.ts';
export * from './metrics/series.ts';
export * from './outbox.ts';
export * from './partitions.ts';
export * from './quotas.ts';
export * from './reconciliation/day.ts';
export * from './reconciliation/match-by-date.ts';
export * from './reconciliation/reconcile.ts';
export * from './reconciliation/reconciliations.ts';
export * from './reconciliation/types.ts';
export * from './told-error.ts';
export * from './traceparent.ts';
export * from './tracer.ts';
export * from './webhooks/delivery-attempts.ts';
export * from './webhooks/monitor-evaluation.ts';
export * from './webhooks/monitors.ts';
export * from './webhooks/refusals.ts';
export * from './webhooks/signature.ts';
export * from './webhooks/types.ts';
export * from './webhooks/webhook-queues.ts';
export * from './webhooks/webhooks.ts';
