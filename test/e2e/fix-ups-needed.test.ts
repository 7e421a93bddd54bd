import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { DescribeTimeToLiveCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectLockConfigurationCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyFixUps } from '../../localstack/fix-ups.ts';
import { deployedApi } from '../support/deployed-api.ts';
import { pollUntil } from '../support/poll.ts';

const { outputs } = deployedApi();
const options = {
  endpoint: outputs.awsEndpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
};
const formation = new CloudFormationClient(options);
const lambda = new LambdaClient(options);
const dynamo = new DynamoDBClient(options);
const s3 = new S3Client({ ...options, forcePathStyle: true });
const StackName = `fix-ups-${randomUUID().slice(0, 8)}`;
const TableName = `${StackName}-table`;
const FunctionName = `${StackName}-function`;
const BucketName = `${StackName}-bucket`;

/** A stack that asks for what an emulator may drop, and that no fix-up knows of. */
const template = JSON.stringify({
  Resources: {
    Table: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        TimeToLiveSpecification: { AttributeName: 'expiration', Enabled: true },
      },
    },
    Bucket: {
      Type: 'AWS::S3::Bucket',
      Properties: {
        BucketName,
        VersioningConfiguration: { Status: 'Enabled' },
        ObjectLockEnabled: true,
        ObjectLockConfiguration: {
          ObjectLockEnabled: 'Enabled',
          Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 3 } },
        },
      },
    },
    Function: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName,
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        Role: 'arn:aws:iam::000000000000:role/nobody',
        Code: { ZipFile: 'exports.handler = async () => null;' },
        ReservedConcurrentExecutions: 3,
      },
    },
  },
});

const inForce = async () => {
  const { Concurrency } = await lambda.send(new GetFunctionCommand({ FunctionName }));
  const { TimeToLiveDescription } = await dynamo.send(new DescribeTimeToLiveCommand({ TableName }));
  const lock = await s3
    .send(new GetObjectLockConfigurationCommand({ Bucket: BucketName }))
    .catch((error: Error) => {
      if (error.name !== 'ObjectLockConfigurationNotFoundError') throw error;
      return undefined;
    });
  return {
    keptDays: lock?.ObjectLockConfiguration?.Rule?.DefaultRetention?.Days,
    reserved: Concurrency?.ReservedConcurrentExecutions,
    expires: TimeToLiveDescription?.TimeToLiveStatus?.startsWith('ENABL') ?? false,
  };
};

beforeAll(async () => {
  await formation.send(new CreateStackCommand({ StackName, TemplateBody: template }));
  await pollUntil(
    () => formation.send(new DescribeStacksCommand({ StackName })),
    ({ Stacks }) => Stacks?.[0]?.StackStatus === 'CREATE_COMPLETE',
    60_000,
  );
});
afterAll(() => formation.send(new DeleteStackCommand({ StackName })));

// When the first of these fails, an emulator has learnt to do it, and a fix-up can go.
describe('a stack without fix-ups', () => {
  it('lacks in silence what its template asks for', async () => {
    const isMinistack = await fetch(`${outputs.awsEndpoint}/_ministack/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    expect(await inForce()).toEqual({
      reserved: undefined,
      expires: !isMinistack,
      keptDays: isMinistack ? undefined : 3,
    });
  });

  it('has it once they are applied, twice does no harm', async () => {
    const assembly = await mkdtemp(join(tmpdir(), 'fix-ups-'));
    try {
      await writeFile(join(assembly, 'atlas-local-data.template.json'), template);
      await applyFixUps(assembly, ['atlas-local-data'], options);
      expect(await inForce()).toEqual({ reserved: 3, expires: true, keptDays: 3 });
      await applyFixUps(assembly, ['atlas-local-data'], options);
      expect(await inForce()).toEqual({ reserved: 3, expires: true, keptDays: 3 });
    } finally {
      await rm(assembly, { recursive: true });
    }
  });
});
