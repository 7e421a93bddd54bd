import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { LambdaClient, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';

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
 * it also bounds their worker processes) and the time to live of tables (MiniStack). Idempotent, and
 * never used on AWS.
 */
export const applyFixUps = async (assembly: string, options: ClientOptions): Promise<void> => {
  const resources = [
    ...(await resourcesOf(assembly, 'atlas-local-data')),
    ...(await resourcesOf(assembly, 'atlas-local-service')),
  ];
  const lambda = new LambdaClient(options);
  const dynamo = new DynamoDBClient(options);
  for (const { Type, Properties = {} } of resources) {
    if (Type === 'AWS::Lambda::Function') await reserveConcurrency(lambda, Properties);
    if (Type === 'AWS::DynamoDB::Table') await enableTimeToLive(dynamo, Properties);
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
