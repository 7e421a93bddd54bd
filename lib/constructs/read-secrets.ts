import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { names } from '../names.ts';
import type { Stage } from '../stage.ts';

/**
 * What it takes to read secrets of a stack, by default of the shards'. They are encrypted with its own key,
 * whose policy leaves it to roles: without the second statement every read is denied.
 */
export const readSecrets = (
  scope: Construct,
  stage: Stage,
  secretArns: readonly string[],
  keyParameter = 'shards/key-arn',
): readonly PolicyStatement[] => [
  new PolicyStatement({
    actions: ['secretsmanager:GetSecretValue'],
    resources: [...secretArns],
  }),
  new PolicyStatement({
    actions: ['kms:Decrypt'],
    resources: [
      StringParameter.valueForStringParameter(scope, names(stage).parameter(keyParameter)),
    ],
    conditions: {
      StringEquals: { 'kms:ViaService': `secretsmanager.${Stack.of(scope).region}.amazonaws.com` },
    },
  }),
];
