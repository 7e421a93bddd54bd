import type { JobName } from '../../functions/manifest.ts';
import { queues } from '../../functions/manifest.ts';
import { names } from '../names.ts';
import type { Objective } from '../slo/objectives.ts';
import { labelled, type MetricQuery } from '../slo/query.ts';
import { sliOf } from '../slo/sli.ts';
import type { Stage } from '../stage.ts';
import type { Dashboard, GraphPanel } from './dashboard.ts';

/** A metric that a job publishes. */
const publishedBy =
  (job: JobName) =>
  (metricName: string): MetricQuery => ({
    namespace: 'Atlas',
    metricName,
    dimensions: { service: 'atlas', function: job },
    statistic: 'Maximum',
    label: metricName,
  });

const outbox = publishedBy('measure-outbox');
const expiry = publishedBy('expire-holds');
const webhooks = publishedBy('deliver-webhooks');
const sealing = publishedBy('seal-audit-chain');
const audit = publishedBy('verify-audit-chain');
const sweep = publishedBy('resend-intakes');

const work: readonly GraphPanel[] = [
  {
    kind: 'graph',
    title: 'Outbox: waiting, parked, oldest age',
    left: [outbox('OutboxWaiting'), outbox('OutboxParked')],
    right: [outbox('OutboxOldestAgeMs')],
  },
  {
    kind: 'graph',
    title: 'Holds: expired, failed to expire',
    left: [expiry('HoldsExpired'), expiry('HoldExpiryFailures')],
  },
  {
    kind: 'graph',
    title: 'Webhooks: delivered, to be tried again, dead, lag',
    left: ['WebhooksDelivered', 'WebhooksRetried', 'WebhooksDead'].map(webhooks),
    right: [webhooks('WebhookLagMs')],
  },
  {
    kind: 'graph',
    title: 'Audit chains: leaves sealed, findings, oldest age of what is not sealed',
    left: [
      sealing('AuditLeavesSealed'),
      labelled(sealing('AuditFindings'), 'findings of anchors'),
      labelled(audit('AuditFindings'), 'findings of the audit'),
    ],
    right: [sealing('AuditOldestUnsealedMs')],
  },
  {
    kind: 'graph',
    title: 'Intakes: waiting, failing, announced again, oldest age',
    left: [sweep('IntakesWaiting'), sweep('IntakesFailing'), sweep('IntakesResent')],
    right: [sweep('IntakeOldestAgeMs')],
  },
];

/** What is asked of Atlas, what fails, and what waits. */
export const overview = (stage: Stage, objectives: readonly Objective[]): Dashboard => {
  const critical = objectives.filter(
    ({ tier, kind }) => tier === 'critical' && kind === 'endpoint',
  );
  const of = (what: 'requests' | 'failures') =>
    critical.map((one) => labelled(sliOf(stage, one)[what], one.name));
  const messagesOn = (queue: string): MetricQuery => ({
    namespace: 'AWS/SQS',
    metricName: 'ApproximateNumberOfMessagesVisible',
    dimensions: { QueueName: queue },
    statistic: 'Maximum',
    label: queue,
  });
  const name = names(stage);
  const waiting = [
    messagesOn(name.failuresQueue),
    ...queues.flatMap(({ queue }) => [
      messagesOn(name.queue(queue)),
      messagesOn(name.deadLetterQueue(queue)),
    ]),
  ];
  return {
    name: 'atlas',
    title: 'Atlas: overview',
    rows: [
      [
        { kind: 'graph', title: 'Critical endpoints: requests', left: of('requests') },
        { kind: 'graph', title: 'Critical endpoints: failures', left: of('failures') },
      ],
      ...work.map((panel) => [panel]),
      [{ kind: 'graph', title: 'Queues: messages that wait, and dead letters', left: waiting }],
    ],
  };
};
