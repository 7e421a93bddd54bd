import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { names } from '../names.ts';
import type { Stage } from '../stage.ts';
import type { Grant } from './access.ts';
import { readSecrets } from './read-secrets.ts';

/** To put documents on the stream of the logs. */
export const redeliverGrant = (scope: Construct, stage: Stage): Grant => {
  const { logsStream } = names(stage);
  return {
    environment: { ATLAS_LOGS_STREAM: logsStream },
    statements: [
      new PolicyStatement({
        actions: ['firehose:PutRecordBatch'],
        resources: [
          Stack.of(scope).formatArn({
            service: 'firehose',
            resource: 'deliverystream',
            resourceName: logsStream,
          }),
        ],
      }),
    ],
  };
};

/** To sign in to the search domain as its master user. What it is to set up comes from the stack. */
export const searchGrant = (scope: Construct, stage: Stage): Grant => {
  const read = (name: string) =>
    StringParameter.valueForStringParameter(scope, names(stage).parameter(name));
  const secretArn = read('search/secret-arn');
  return {
    environment: {
      ATLAS_SEARCH_URL: `https://${read('search/endpoint')}`,
      ATLAS_SEARCH_SECRET_ARN: secretArn,
    },
    statements: readSecrets(scope, stage, [secretArn], 'search/key-arn'),
  };
};
