import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { consumers, type JobName, queues } from '../../functions/manifest.ts';
import type { WorkMetric } from '../../layers/domain/src/metrics/metric-catalogue.ts';
import { TopicConsumer } from '../constructs/topic-consumer.ts';
import { names } from '../names.ts';
import type { AwsStage } from '../stage.ts';

/** AWS only: event sources, and the alarms that belong to no single function. */
export class OperationsStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & { readonly stage: AwsStage }) {
    super(scope, id, props);
    const { stage } = props;
    const read = (name: string) =>
      StringParameter.valueForStringParameter(this, names(stage).parameter(name));
    const clusterArn = read('kafka/cluster-arn');
    for (const row of consumers) new TopicConsumer(this, { stage, row, clusterArn });

    const measuredBy = (job: JobName) => (metricName: WorkMetric) =>
      new Metric({
        namespace: 'Atlas',
        metricName,
        dimensionsMap: { service: 'atlas', function: job },
        statistic: 'Maximum',
        period: Duration.minutes(5),
      });
    const outbox = measuredBy('measure-outbox');
    const expiry = measuredBy('expire-holds');
    const webhooks = measuredBy('deliver-webhooks');
    const sealing = measuredBy('seal-audit-chain');
    const audit = measuredBy('verify-audit-chain');
    const sweep = measuredBy('resend-intakes');
    const action = new SnsAction(Topic.fromTopicArn(this, 'Alarms', read('alarm-topic-arn')));
    const alarm = (id: string, metric: Metric, threshold: number, silence: TreatMissingData) =>
      new Alarm(this, id, {
        alarmName: names(stage).stack(id),
        alarmDescription: `Runbook: docs/runbooks/${id}.md`,
        metric,
        threshold,
        evaluationPeriods: 1,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        treatMissingData: silence,
      }).addAlarmAction(action);
    // The job that measures it runs each minute, so silence is trouble, too.
    alarm('outbox-parked', outbox('OutboxParked'), 0, TreatMissingData.BREACHING);
    alarm('outbox-late', outbox('OutboxOldestAgeMs'), 120_000, TreatMissingData.BREACHING);
    // Without Kafka there is no measurement; that is told of by the outbox, which then fills.
    const lag = outbox('ConsumerLagRecords');
    alarm('consumer-late', lag, 10_000, TreatMissingData.NOT_BREACHING);
    alarm('holds-not-expired', expiry('HoldExpiryFailures'), 0, TreatMissingData.BREACHING);
    alarm('webhooks-dead', webhooks('WebhooksDead'), 0, TreatMissingData.NOT_BREACHING);
    alarm('webhooks-late', webhooks('WebhookLagMs'), 180_000, TreatMissingData.BREACHING);
    alarm('audit-unsealed', sealing('AuditOldestUnsealedMs'), 600_000, TreatMissingData.BREACHING);
    alarm('audit-anchor-broken', sealing('AuditFindings'), 0, TreatMissingData.BREACHING);
    // It runs every five minutes, so a period may have none of it; its own errors tell when it fails.
    alarm('audit-failed', audit('AuditFindings'), 0, TreatMissingData.NOT_BREACHING);
    alarm('intake-late', sweep('IntakeOldestAgeMs'), 300_000, TreatMissingData.BREACHING);
    const messagesOn = (QueueName: string) =>
      new Metric({
        namespace: 'AWS/SQS',
        metricName: 'ApproximateNumberOfMessagesVisible',
        dimensionsMap: { QueueName },
        statistic: 'Maximum',
        period: Duration.minutes(5),
      });
    const undelivered = messagesOn(names(stage).failuresQueue);
    // SQS stops to report about a queue that nobody uses, which is as it should be.
    alarm('schedule-undelivered', undelivered, 0, TreatMissingData.NOT_BREACHING);
    for (const { queue } of queues) {
      const dead = messagesOn(names(stage).deadLetterQueue(queue));
      alarm(`${queue}-dead-letters`, dead, 0, TreatMissingData.NOT_BREACHING);
    }
  }
}
