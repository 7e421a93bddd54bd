import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledge } from '../constructs/acknowledge.ts';
import { publish } from '../constructs/publish.ts';
import { names } from '../names.ts';
import type { AwsStage } from '../stage.ts';

/** AWS only: where alarms go. It comes first, because every function's alarms name it. */
export class AlarmsStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & { readonly stage: AwsStage }) {
    super(scope, id, props);
    const { stage } = props;
    const key = new Key(this, 'Key', {
      description: `Alarms of Atlas ${stage.name}`,
      enableKeyRotation: true,
    });
    key.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'],
      }),
    );
    const topic = new Topic(this, 'Topic', {
      topicName: names(stage).stack('alarms'),
      masterKey: key,
    });
    topic.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
    if (stage.alarmEmail !== undefined) {
      const deadLetterQueue = new Queue(this, 'Undelivered', {
        encryption: QueueEncryption.SQS_MANAGED,
        enforceSSL: true,
        retentionPeriod: Duration.days(14),
      });
      acknowledge(deadLetterQueue, {
        'AwsSolutions-SQS3': 'it is a dead-letter queue',
        'Serverless-SQSRedrivePolicy': 'it is a dead-letter queue',
      });
      topic.addSubscription(new EmailSubscription(stage.alarmEmail, { deadLetterQueue }));
    }
    publish(this, stage, { 'alarm-topic-arn': topic.topicArn });
  }
}
