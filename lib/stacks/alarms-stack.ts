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

/** AWS only: where pages and tickets go. It comes first, because every alarm names one of them. */
export class AlarmsStack extends Stack {
  private readonly settings: AwsStage;

  constructor(scope: Construct, id: string, props: StackProps & { readonly stage: AwsStage }) {
    super(scope, id, props);
    const { stage } = props;
    this.settings = stage;
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
    const pages = this.topic('Topic', 'alarms', key);
    const tickets = this.topic('Tickets', 'tickets', key);
    const { alarmEmail, ticketEmail = alarmEmail } = stage;
    if (alarmEmail !== undefined || ticketEmail !== undefined) {
      const deadLetterQueue = new Queue(this, 'Undelivered', {
        encryption: QueueEncryption.SQS_MANAGED,
        enforceSSL: true,
        retentionPeriod: Duration.days(14),
      });
      acknowledge(deadLetterQueue, {
        'AwsSolutions-SQS3': 'it is a dead-letter queue',
        'Serverless-SQSRedrivePolicy': 'it is a dead-letter queue',
      });
      const subscribe = (topic: Topic, address: string | undefined) => {
        if (address === undefined) return;
        topic.addSubscription(new EmailSubscription(address, { deadLetterQueue }));
      };
      subscribe(pages, alarmEmail);
      subscribe(tickets, ticketEmail);
    }
    publish(this, stage, {
      'alarm-topic-arn': pages.topicArn,
      'ticket-topic-arn': tickets.topicArn,
    });
  }

  private topic(id: string, name: string, key: Key): Topic {
    const topic = new Topic(this, id, {
      topicName: names(this.settings).stack(name),
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
    return topic;
  }
}
