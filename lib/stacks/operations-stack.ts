import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { consumers, queues } from '../../functions/manifest.ts';
import { TopicConsumer } from '../constructs/topic-consumer.ts';
import { names } from '../names.ts';
import { type WorkAlarm, workAlarms } from '../slo/work-alarms.ts';
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

    const toldBy = ({ by, metric: metricName }: WorkAlarm) =>
      new Metric({
        namespace: 'Atlas',
        metricName,
        dimensionsMap: { service: 'atlas', function: by },
        statistic: 'Maximum',
        period: Duration.minutes(5),
      });
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
    for (const one of workAlarms) {
      const isTrouble = one.silence === 'trouble';
      const silence = isTrouble ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING;
      alarm(one.id, toldBy(one), one.threshold, silence);
    }
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
