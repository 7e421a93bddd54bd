import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DescribeTimeToLiveCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect, it } from 'vitest';
import { deployedApi } from '../support/deployed-api.ts';

const { outputs } = deployedApi();
const options = {
  endpoint: outputs.awsEndpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
};
const lambda = new LambdaClient(options);
const dynamo = new DynamoDBClient(options);

interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: properties of every kind of resource
  readonly Properties: any;
}

/** What was asked for, as it was deployed. */
const wantedIn = (stack: string, type: string): Resource['Properties'][] => {
  const folder = join(dirname(process.env.ATLAS_E2E_OUTPUTS ?? ''), 'cdk.out');
  const text = readFileSync(join(folder, `atlas-local-${stack}.template.json`), 'utf8');
  const resources = Object.values(JSON.parse(text).Resources) as Resource[];
  return resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);
};

const wantedFunctions = () =>
  ['background', 'service'].flatMap((stack) => wantedIn(stack, 'AWS::Lambda::Function'));

// An emulator drops these in silence; localstack/fix-ups.ts applies them again.
describe('what the templates ask for and the emulator drops', () => {
  it('is in force: the reserved concurrency of every function', async () => {
    const functions = wantedFunctions();
    expect(functions.length).toBeGreaterThan(10);
    const asked = functions.map((f) => [f.FunctionName, f.ReservedConcurrentExecutions]);
    const found = await Promise.all(
      functions.map(async ({ FunctionName }) => {
        const { Concurrency } = await lambda.send(new GetFunctionCommand({ FunctionName }));
        return [FunctionName, Concurrency?.ReservedConcurrentExecutions];
      }),
    );
    expect(found).toEqual(asked);
  });

  it('is in force: the dead-letter queue of what nobody waits for', async () => {
    const functions = wantedFunctions().filter((f) => f.DeadLetterConfig);
    expect(functions.map((f) => f.FunctionName)).toContain('atlas-local-publish-outbox');
    for (const { FunctionName } of functions) {
      const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName }));
      expect(Configuration?.DeadLetterConfig?.TargetArn).toBe(
        'arn:aws:sqs:us-east-1:000000000000:atlas-local-failures',
      );
    }
  });

  it('is in force: the time to live of what is not kept', async () => {
    const tables = wantedIn('data', 'AWS::DynamoDB::Table').filter(
      (t) => t.TimeToLiveSpecification,
    );
    expect(tables.map((t) => t.TableName)).toEqual([
      'atlas-local-idempotency',
      'atlas-local-breakers',
      'atlas-local-quotas',
      'atlas-local-metrics',
    ]);
    for (const { TableName, TimeToLiveSpecification } of tables) {
      const { TimeToLiveDescription: found } = await dynamo.send(
        new DescribeTimeToLiveCommand({ TableName }),
      );
      expect(found?.AttributeName).toBe(TimeToLiveSpecification.AttributeName);
      expect(['ENABLED', 'ENABLING']).toContain(found?.TimeToLiveStatus);
    }
  });
});
