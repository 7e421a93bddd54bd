import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { PutObjectLockConfigurationCommand, S3Client } from '@aws-sdk/client-s3';

interface ClientOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/**
 * Applies what an emulator's CloudFormation drops in silence: reserved concurrency (both emulators;
 * it also bounds their worker processes), and the time to live of tables, the dead-letter queue of
 * functions and the retention of an object-locked bucket (MiniStack). Idempotent, and never used on AWS.
 */
export const applyFixUps = async (
  assembly: string,
  stacks: readonly string[],
  options: ClientOptions,
): Promise<void> => {
  const resources = (await Promise.all(stacks.map((stack) => resourcesOf(assembly, stack)))).flat();
  const lambda = new LambdaClient(options);
  const dynamo = new DynamoDBClient(options);
  const s3 = new S3Client({ ...options, forcePathStyle: true });
  for (const { Type, Properties = {} } of resources) {
    if (Type === 'AWS::Lambda::Function') {
      await reserveConcurrency(lambda, Properties);
      await attachDeadLetterQueue(lambda, Properties);
    }
    if (Type === 'AWS::DynamoDB::Table') await enableTimeToLive(dynamo, Properties);
    if (Type === 'AWS::S3::Bucket') await lockObjects(s3, Properties);
  }
};

const resourcesOf = async (assembly: string, stack: string): Promise<Resource[]> => {
  const text = await readFile(join(assembly, `${stack}.template.json`), 'utf8');
  return Object.values((JSON.parse(text) as { Resources: Record<string, Resource> }).Resources);
};

const reserveConcurrency = async (
  lambda: LambdaClient,
  properties: Readonly<Record<string, unknown>>,
): Promise<void> => {
  const { FunctionName, ReservedConcurrentExecutions } = properties;
  if (typeof ReservedConcurrentExecutions !== 'number') return;
  await lambda.send(
    new PutFunctionConcurrencyCommand({
      FunctionName: String(FunctionName),
      ReservedConcurrentExecutions,
    }),
  );
};

const attachDeadLetterQueue = async (
  lambda: LambdaClient,
  properties: Readonly<Record<string, unknown>>,
): Promise<void> => {
  const wanted = properties.DeadLetterConfig as { readonly TargetArn: unknown } | undefined;
  if (wanted === undefined) return;
  const FunctionName = String(properties.FunctionName);
  const TargetArn = resolveText(wanted.TargetArn);
  const now = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  if (now.DeadLetterConfig?.TargetArn === TargetArn) return;
  await lambda.send(
    new UpdateFunctionConfigurationCommand({ FunctionName, DeadLetterConfig: { TargetArn } }),
  );
};

const lockObjects = async (
  s3: S3Client,
  properties: Readonly<Record<string, unknown>>,
): Promise<void> => {
  const wanted = properties.ObjectLockConfiguration as
    | { readonly Rule: { readonly DefaultRetention: { Mode: 'GOVERNANCE'; Days: number } } }
    | undefined;
  if (wanted === undefined) return;
  await s3.send(
    new PutObjectLockConfigurationCommand({
      Bucket: resolveText(properties.BucketName),
      ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: wanted.Rule },
    }),
  );
};

/** An emulator has one account, and this platform one region. */
const pseudoParameters: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'us-east-1',
  'AWS::AccountId': '000000000000',
};

/** Text in a template, which CDK puts together from literals and pseudo parameters. */
const resolveText = (value: unknown): string => {
  if (typeof value === 'string') return value;
  const { Ref, 'Fn::Join': join } = value as { Ref?: string; 'Fn::Join'?: [string, unknown[]] };
  if (join !== undefined) return join[1].map(resolveText).join(join[0]);
  const resolved = pseudoParameters[Ref ?? ''];
  if (resolved === undefined) throw new Error(`cannot resolve ${JSON.stringify(value)}`);
  return resolved;
};

const enableTimeToLive = async (
  dynamo: DynamoDBClient,
  properties: Readonly<Record<string, unknown>>,
): Promise<void> => {
  const wanted = properties.TimeToLiveSpecification as
    | { readonly AttributeName: string }
    | undefined;
  if (wanted === undefined) return;
  const TableName = String(properties.TableName);
  const { TimeToLiveDescription: now } = await dynamo.send(
    new DescribeTimeToLiveCommand({ TableName }),
  );
  if (now?.TimeToLiveStatus === 'ENABLED' || now?.TimeToLiveStatus === 'ENABLING') return;
  await dynamo.send(
    new UpdateTimeToLiveCommand({
      TableName,
      TimeToLiveSpecification: { AttributeName: wanted.AttributeName, Enabled: true },
    }),
  );
};
