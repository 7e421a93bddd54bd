import type { JobName } from '../../functions/manifest.ts';
import type { MetricName } from '../../layers/domain/src/metrics/metric-catalogue.ts';

/** An alarm on what a job counts or measures. Its runbook is docs/runbooks/<id>.md. */
export interface WorkAlarm {
  readonly id: string;
  readonly by: JobName;
  readonly metric: MetricName;
  /** Beyond it somebody is told: of a gauge its value, of a counter what was added within five minutes. */
  readonly threshold: number;
  /** Whether it is trouble that the job told nothing for five minutes. */
  readonly silence: 'trouble' | 'well';
}

const ofJob = (
  by: JobName,
  id: string,
  metric: MetricName,
  threshold: number,
  silence: WorkAlarm['silence'],
): WorkAlarm => ({ id, by, metric, threshold, silence });

/** In CloudWatch and in Prometheus. */
export const workAlarms: readonly WorkAlarm[] = [
  // The job that measures it runs each minute, so silence is trouble, too.
  ofJob('measure-outbox', 'outbox-parked', 'OutboxParked', 0, 'trouble'),
  ofJob('measure-outbox', 'outbox-late', 'OutboxOldestAgeMs', 120_000, 'trouble'),
  // Without Kafka there is no measurement; that is told of by the outbox, which then fills.
  ofJob('measure-outbox', 'consumer-late', 'ConsumerLagRecords', 10_000, 'well'),
  ofJob('expire-holds', 'holds-not-expired', 'HoldExpiryFailures', 0, 'trouble'),
  ofJob('deliver-webhooks', 'webhooks-dead', 'WebhooksDead', 0, 'well'),
  ofJob('deliver-webhooks', 'webhooks-late', 'WebhookLagMs', 180_000, 'trouble'),
  ofJob('seal-audit-chain', 'audit-unsealed', 'AuditOldestUnsealedMs', 600_000, 'trouble'),
  ofJob('seal-audit-chain', 'audit-anchor-broken', 'AuditFindings', 0, 'trouble'),
  // It runs every five minutes, so a period may have none of it; its own errors tell when it fails.
  ofJob('verify-audit-chain', 'audit-failed', 'AuditFindings', 0, 'well'),
  ofJob('resend-intakes', 'intake-late', 'IntakeOldestAgeMs', 300_000, 'trouble'),
];
