import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  ObjectLockRetention,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { type QueueConsumerRow, queues } from '../../functions/manifest.ts';
import { acknowledge } from '../constructs/acknowledge.ts';
import { timeoutOf } from '../constructs/service-function.ts';
import { names } from '../names.ts';
import type { Stage } from '../stage.ts';

/** Portable: tables, queues and buckets. Everything in them is derived, or kept in two places. */
export class DataStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & { readonly stage: Stage }) {
    super(scope, id, props);
    const { stage } = props;
    const name = names(stage);
    const removalPolicy = stage.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;

    const table = (logicalId: string, tableName: string, key: string, ttl?: string) => {
      const made = new Table(this, logicalId, {
        tableName,
        partitionKey: { name: key, type: AttributeType.STRING },
        billingMode: BillingMode.PAY_PER_REQUEST,
        encryption: TableEncryption.AWS_MANAGED,
        deletionProtection: stage.deletionProtection,
        removalPolicy,
        ...(stage.onAws
          ? { pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true } }
          : {}),
        ...(ttl === undefined ? {} : { timeToLiveAttribute: ttl }),
      });
      acknowledge(made, { 'AwsSolutions-DDB3': 'offline tables are rebuilt, not restored' });
    };
    table('Balances', name.balancesTable, 'pk');
    table('Checkpoints', name.checkpointsTable, 'pk');
    table('Idempotency', name.idempotencyTable, 'id', 'expiration');
    table('Breakers', name.breakersTable, 'pk', 'expiration');
    table('Quotas', name.quotasTable, 'pk', 'expiration');
    table('Metrics', name.metricsTable, 'pk', 'expiration');

    const poison = new Queue(this, 'Poison', {
      queueName: `${name.failuresQueue}-poison`,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    const failures = new Queue(this, 'Failures', {
      queueName: name.failuresQueue,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: Duration.minutes(2),
      retentionPeriod: Duration.days(4),
      deadLetterQueue: { queue: poison, maxReceiveCount: 5 },
    });
    // The rules stand in another stack and know the queue by name, so this is not added for them.
    failures.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [failures.queueArn],
        conditions: {
          ArnLike: {
            'aws:SourceArn': this.formatArn({
              service: 'events',
              resource: 'rule',
              resourceName: name.function('*'),
            }),
          },
        },
      }),
    );
    acknowledge(poison, { 'Serverless-SQSRedrivePolicy': 'it is where redriving ends' });
    for (const row of queues) this.addQueue(stage, row);

    const uploads = new Bucket(this, 'Uploads', {
      bucketName: name.uploadsBucket(this.account),
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      versioned: stage.onAws,
      removalPolicy,
      lifecycleRules: [
        {
          expiration: Duration.days(30),
          noncurrentVersionExpiration: Duration.days(7),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
    });
    acknowledge(uploads, {
      'AwsSolutions-S1': 'uploads live for thirty days, and CloudTrail data events tell who wrote',
    });

    // Heads of the audit chains. A version that is written stays until its time is over; what expires
    // is not what the chain still needs, but what is older than anybody has to prove.
    const { mode, days } = stage.anchorLock;
    const retention = Duration.days(days);
    const anchors = new Bucket(this, 'Anchors', {
      bucketName: name.anchorsBucket(this.account),
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      versioned: true,
      objectLockEnabled: true,
      objectLockDefaultRetention:
        mode === 'compliance'
          ? ObjectLockRetention.compliance(retention)
          : ObjectLockRetention.governance(retention),
      removalPolicy,
    });
    acknowledge(anchors, {
      'AwsSolutions-S1':
        'every version stays, with its time; CloudTrail data events tell who wrote',
    });
  }

  /** A queue that a function consumes, and where its messages end that could not be handled. */
  private addQueue(stage: Stage, row: QueueConsumerRow): void {
    const name = names(stage);
    const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
    const dead = new Queue(this, `${row.queue}-dead`, {
      ...common,
      queueName: name.deadLetterQueue(row.queue),
      retentionPeriod: Duration.days(14),
    });
    new Queue(this, row.queue, {
      ...common,
      queueName: name.queue(row.queue),
      retentionPeriod: Duration.days(4),
      // As Lambda asks for: room for its own retries while the function is throttled.
      visibilityTimeout: Duration.seconds(6 * timeoutOf(row).toSeconds()),
      deadLetterQueue: { queue: dead, maxReceiveCount: row.maxReceives },
    });
    acknowledge(dead, { 'Serverless-SQSRedrivePolicy': 'it is where redriving ends' });
  }
}
