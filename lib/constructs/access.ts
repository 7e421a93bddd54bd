import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import type { Access } from '../../functions/manifest.ts';
import type { Endpoints } from '../endpoints.ts';
import { names } from '../names.ts';
import { type Stage, shardCount } from '../stage.ts';
import { redeliverGrant, searchGrant } from './log-grants.ts';
import { readSecrets } from './read-secrets.ts';
import { readMetricsGrant } from './table-grants.ts';

/** What an access means: environment variables, and the least permissions that it takes. */
export interface Grant {
  readonly environment: Readonly<Record<string, string>>;
  readonly statements: readonly PolicyStatement[];
  /** Wildcards in them that are meant, as cdk-nag writes them. */
  readonly wildcards?: readonly string[];
}

type DatabaseRole = 'api' | 'relay' | 'jobs' | 'audit';

export const grantsOf = (
  scope: Construct,
  stage: Stage,
  endpoints: Endpoints,
): Record<Access, () => Grant> => {
  const name = names(stage);
  const stack = Stack.of(scope);
  const parameter = (path: string) =>
    StringParameter.valueForStringParameter(scope, name.parameter(path));
  const tableArn = (table: string) =>
    stack.formatArn({ service: 'dynamodb', resource: 'table', resourceName: table });
  const queueArn = (queue: string) =>
    stack.formatArn({ service: 'sqs', resource: name.queue(queue) });
  const allow = (actions: string[], resources: string[]) =>
    new PolicyStatement({ actions, resources });

  /** One database role, and the permission to sign in as it through each shard's proxy. */
  const database = (role: DatabaseRole): Grant => ({
    environment: {
      ATLAS_SHARDS: endpoints.shards,
      ATLAS_POSTGRES_USER: `atlas_${role}`,
      // Named statements would pin every connection of the proxy to one client.
      ATLAS_POSTGRES_NAMED_STATEMENTS: String(!stage.onAws),
      ...(endpoints.passwords === undefined
        ? {}
        : { ATLAS_POSTGRES_PASSWORD: endpoints.passwords[role] }),
    },
    statements: stage.onAws
      ? Array.from({ length: shardCount }, (_, id) =>
          allow(
            ['rds-db:connect'],
            [
              stack.formatArn({
                service: 'rds-db',
                resource: 'dbuser',
                arnFormat: ArnFormat.COLON_RESOURCE_NAME,
                resourceName: `${parameter(`shards/${id}/proxy-id`)}/atlas_${role}`,
              }),
            ],
          ),
        )
      : [],
  });

  const kafkaEnvironment = () => ({
    ATLAS_KAFKA_BROKERS: endpoints.kafkaBrokers,
    ATLAS_KAFKA_AUTH: endpoints.kafkaAuth,
  });
  const kafka = (cluster: string[], topic: string[], group: string[] = []): Grant => ({
    environment: kafkaEnvironment(),
    statements: stage.onAws
      ? [
          allow(['kafka-cluster:Connect', ...cluster], [parameter('kafka/cluster-arn')]),
          ...(topic.length === 0
            ? []
            : [allow(topic, [`${parameter('kafka/topic-arn-prefix')}/*`])]),
          ...(group.length === 0
            ? []
            : [allow(group, [`${parameter('kafka/group-arn-prefix')}/*`])]),
        ]
      : [],
    wildcards: stage.onAws
      ? [
          ...(topic.length === 0 ? [] : [everythingBelow('kafka/topic-arn-prefix')]),
          ...(group.length === 0 ? [] : [everythingBelow('kafka/group-arn-prefix')]),
        ]
      : [],
  });
  /** As cdk-nag writes a resource whose beginning is only known when the stack deploys. */
  const everythingBelow = (path: string): string =>
    `Resource::<${(stack.resolve(parameter(path)) as { Ref: string }).Ref}>/*`;

  const balances = (actions: string[]): Grant => ({
    environment: {
      ATLAS_BALANCES_TABLE: name.balancesTable,
      ATLAS_CHECKPOINTS_TABLE: name.checkpointsTable,
    },
    statements: [allow(actions, [tableArn(name.balancesTable), tableArn(name.checkpointsTable)])],
  });
  const bucket = name.uploadsBucket(stack.account);
  const bucketArn = (resource: string) =>
    stack.formatArn({ service: 's3', region: '', account: '', resource });
  const anchors = name.anchorsBucket(stack.account);
  const everyUpload = `Resource::arn:<AWS::Partition>:s3:::${name.uploadsBucket('<AWS::AccountId>')}/*`;

  return {
    'ledger:read': () => database('api'),
    'ledger:write': () => database('api'),
    'outbox:drain': () => database('relay'),
    'holds:expire': () => database('jobs'),
    'monitors:evaluate': () => database('jobs'),
    'webhooks:deliver': () => database('jobs'),
    'webhooks:nudge': () => ({
      environment: { ATLAS_WEBHOOK_WORKER: name.function('deliver-webhooks') },
      statements: [
        allow(
          ['lambda:InvokeFunction'],
          [
            stack.formatArn({
              service: 'lambda',
              resource: 'function',
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
              resourceName: name.function('deliver-webhooks'),
            }),
          ],
        ),
      ],
    }),
    'webhooks:seal': () => sealing(scope, stage, endpoints),
    'audit:verify': () => database('audit'),
    // Without the permission to list, S3 says of an object that is not there that it is forbidden.
    'audit:seal': () =>
      merged([
        database('audit'),
        {
          environment: { ATLAS_ANCHORS_BUCKET: anchors },
          statements: [
            allow(['s3:GetObject', 's3:PutObject'], [bucketArn(`${anchors}/heads/*`)]),
            allow(['s3:ListBucket'], [bucketArn(anchors)]),
          ],
          wildcards: [
            `Resource::arn:<AWS::Partition>:s3:::${name.anchorsBucket('<AWS::AccountId>')}/heads/*`,
          ],
        },
      ]),
    'intakes:sweep': () => database('jobs'),
    'intake:send': () => ({
      environment: {
        ATLAS_INTAKE_QUEUE_URL:
          `https://sqs.${stack.region}.${stack.urlSuffix}/` +
          `${stack.account}/${name.queue('intake')}`,
      },
      statements: [allow(['sqs:SendMessage'], [queueArn('intake')])],
    }),
    // The pollers of the event source act as the function's role.
    'intake:receive': () => ({
      environment: {},
      statements: [
        allow(
          ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
          [queueArn('intake')],
        ),
      ],
    }),
    'events:publish': () =>
      kafka(
        ['kafka-cluster:WriteDataIdempotently'],
        ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData', 'kafka-cluster:CreateTopic'],
      ),
    // The pollers of the event source act as the function's role, and write to its failure topic.
    'events:consume': () =>
      merged([
        kafka(
          ['kafka-cluster:DescribeCluster'],
          ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData', 'kafka-cluster:WriteData'],
          ['kafka-cluster:DescribeGroup', 'kafka-cluster:AlterGroup'],
        ),
        {
          environment: {},
          statements: stage.onAws
            ? [
                allow(
                  ['kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers'],
                  [parameter('kafka/cluster-arn')],
                ),
              ]
            : [],
        },
      ]),
    // How far the groups of the consumers have come.
    'events:measure': () =>
      kafka([], ['kafka-cluster:DescribeTopic'], ['kafka-cluster:DescribeGroup']),
    'metrics:read': () => readMetricsGrant(scope, stage),
    'balances:read': () => balances(['dynamodb:GetItem']),
    'balances:write': () => balances(['dynamodb:GetItem', 'dynamodb:UpdateItem']),
    'idempotency:write': () => ({
      environment: { ATLAS_IDEMPOTENCY_TABLE: name.idempotencyTable },
      statements: [
        allow(
          ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
          [tableArn(name.idempotencyTable)],
        ),
      ],
    }),
    'uploads:write': () => ({
      environment: { ATLAS_UPLOADS_BUCKET: bucket },
      statements: [allow(['s3:PutObject'], [bucketArn(`${bucket}/*`)])],
      wildcards: [everyUpload],
    }),
    // Without the permission to list, S3 tells "forbidden" of an object that is not there.
    'uploads:read': () => ({
      environment: { ATLAS_UPLOADS_BUCKET: bucket },
      statements: [
        allow(['s3:GetObject'], [bucketArn(`${bucket}/*`)]),
        allow(['s3:ListBucket'], [bucketArn(bucket)]),
      ],
      wildcards: [everyUpload],
    }),
    'dependencies:check': () =>
      merged([
        database('api'),
        kafka(['kafka-cluster:DescribeCluster'], []),
        balances(['dynamodb:GetItem']),
        {
          environment: endpoints.valkeyUrl ? { ATLAS_VALKEY_URL: endpoints.valkeyUrl } : {},
          statements: [],
        },
      ]),
    'logs:redeliver': () => redeliverGrant(scope, stage),
    'search:configure': () => searchGrant(scope, stage),
    'migrations:run': () => ({
      environment: {
        ATLAS_SHARD_ADMINS: `[${Array.from({ length: shardCount }, (_, id) => {
          const host = parameter(`shards/${id}/writer-host`);
          const secret = parameter(`shards/${id}/admin-secret-arn`);
          return (
            `{"id":${id},"host":"${host}","port":5432,` +
            `"database":"atlas","secretArn":"${secret}"}`
          );
        }).join(',')}]`,
      },
      statements: readSecrets(
        scope,
        stage,
        Array.from({ length: shardCount }, (_, id) => parameter(`shards/${id}/admin-secret-arn`)),
      ),
    }),
  };
};

/** The key of webhook secrets, and where webhooks may go beyond public addresses. */
const sealing = (scope: Construct, stage: Stage, { webhookKey }: Endpoints): Grant => ({
  environment: {
    ...('value' in webhookKey
      ? { ATLAS_WEBHOOK_KEY: webhookKey.value }
      : { ATLAS_WEBHOOK_KEY_SECRET_ARN: webhookKey.secretArn }),
    ...(stage.onAws
      ? {}
      : { ATLAS_WEBHOOK_TRUSTED_ADDRESSES: stage.trustedWebhookAddresses.join(',') }),
  },
  statements: 'value' in webhookKey ? [] : readSecrets(scope, stage, [webhookKey.secretArn]),
});

const merged = (grants: readonly Grant[]): Grant => ({
  environment: Object.assign({}, ...grants.map((grant) => grant.environment)),
  statements: grants.flatMap((grant) => grant.statements),
  wildcards: grants.flatMap((grant) => grant.wildcards ?? []),
});
