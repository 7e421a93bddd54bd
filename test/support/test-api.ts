import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type TestDatabase, testDatabase } from './database.ts';
import { type Api, apiOver } from './in-process-api.ts';
import { type Gateway, inProcessGateway } from './in-process-gateway.ts';
import { testServices } from './services.ts';
import { type TestIssuer, testIssuer } from './tokens.ts';

/** What handlers need around them: a database, tables and an issuer of this file's own. */
export interface TestSurroundings {
  readonly issuer: TestIssuer;
  readonly database: TestDatabase;
  readonly environment: Readonly<Record<string, string>>;
}

export interface TestApi extends TestSurroundings {
  readonly api: Api;
  /** The same, as requests come over the wire. */
  readonly gateway: Gateway;
  close(): Promise<void>;
}

/** The API in process. */
export const startTestApi = async (): Promise<TestApi> => {
  const surroundings = await testSurroundings();
  const gateway = inProcessGateway(surroundings.environment);
  return {
    ...surroundings,
    api: apiOver(gateway),
    gateway,
    close: async () => {
      const { ledger } = await import('../../functions/services/ledger.ts');
      const { webhooks } = await import('../../functions/services/webhooks.ts');
      const { auditProofs } = await import('../../functions/services/audit-proofs.ts');
      const { intakes } = await import('../../functions/services/intakes.ts');
      const all = [ledger(), webhooks(), auditProofs(), intakes()];
      await Promise.all(all.map((one) => one.close()));
      await surroundings.database.drop();
    },
  };
};

export const testSurroundings = async () => {
  const { awsEndpoint, kafkaBrokers, valkeyUrl } = testServices();
  const [database, issuer] = await Promise.all([testDatabase(), testIssuer()]);
  const prefix = `test-${process.pid}-${Date.now()}`;
  const [api] = database.api;
  if (api === undefined) throw new Error('the test database has no shard');
  const environment = {
    ATLAS_STAGE: 'test',
    ATLAS_SHARDS: JSON.stringify(
      database.api.map(({ id, host, port, database: name, tls }) => ({
        id,
        host,
        port,
        database: name,
        tls,
      })),
    ),
    ATLAS_POSTGRES_USER: api.user,
    ATLAS_POSTGRES_PASSWORD: String(api.password),
    ATLAS_KAFKA_BROKERS: kafkaBrokers.join(','),
    ATLAS_BALANCES_TABLE: `${prefix}-balances`,
    ATLAS_CHECKPOINTS_TABLE: `${prefix}-checkpoints`,
    ATLAS_IDEMPOTENCY_TABLE: `${prefix}-idempotency`,
    ATLAS_UPLOADS_BUCKET: `${prefix}-uploads`,
    ATLAS_INTAKE_QUEUE_URL: await createQueue(awsEndpoint, `${prefix}-intake`),
    ATLAS_AUTH_ISSUER: issuer.issuer,
    ATLAS_AUTH_AUDIENCE: issuer.audience,
    ATLAS_AUTH_JWKS: issuer.jwks,
    ATLAS_SIGNING_KEY: 'a key that only tests use, of thirty-two',
    ATLAS_WEBHOOK_KEY: 'a key that only tests use, of thirty-two',
    ATLAS_WEBHOOK_TRUSTED_ADDRESSES: '127.0.0.1',
    ...(valkeyUrl === '' ? {} : { ATLAS_VALKEY_URL: valkeyUrl }),
    AWS_ENDPOINT_URL: awsEndpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    POWERTOOLS_METRICS_DISABLED: 'true',
  };
  await createTables(awsEndpoint, [
    [environment.ATLAS_BALANCES_TABLE, 'pk'],
    [environment.ATLAS_CHECKPOINTS_TABLE, 'pk'],
    [environment.ATLAS_IDEMPOTENCY_TABLE, 'id'],
  ]);
  await createBucket(awsEndpoint, environment.ATLAS_UPLOADS_BUCKET);
  return { issuer, database, environment };
};

/** A queue that nobody consumes, and its address. */
const createQueue = async (endpoint: string, QueueName: string): Promise<string> => {
  const client = new SQSClient({
    endpoint,
    region: 'us-east-1',
    credentials,
  });
  const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName }));
  client.destroy();
  return QueueUrl;
};

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

const createBucket = async (endpoint: string, Bucket: string): Promise<void> => {
  const client = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket }));
  client.destroy();
};

export const createTables = async (
  endpoint: string,
  tables: readonly (readonly [string, string])[],
): Promise<void> => {
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials,
  });
  for (const [TableName, AttributeName] of tables) {
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName, AttributeType: 'S' }],
        KeySchema: [{ AttributeName, KeyType: 'HASH' }],
      }),
    );
  }
  client.destroy();
};
