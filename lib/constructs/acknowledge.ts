import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Every acknowledgement is explained here. */
const adr = 'docs/adr/0010-acknowledged-findings.md';

/** Accepts findings of cdk-nag for one construct and what is below it, each with its reason. */
export const acknowledge = (
  construct: IConstruct,
  reasons: Readonly<Record<string, string>>,
): void => {
  for (const [id, reason] of Object.entries(reasons)) {
    Validations.of(construct).acknowledge({ id, reason: `${reason} (${adr})` });
  }
};

/** Accepts what is to be said of the functions with which the CDK itself runs custom resources. */
export const acknowledgeProvider = (construct: IConstruct): void =>
  acknowledge(construct, {
    'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]':
      "the CDK's own resource provider logs with the managed policy",
    'AwsSolutions-L1': 'the CDK chooses the runtime of its own resource provider',
    'Serverless-LambdaDLQ': "the CDK's own resource provider is called by CloudFormation",
    'Serverless-LambdaTracing': "the CDK's own resource provider runs at deployments only",
    'Serverless-LambdaDefaultMemorySize': "the CDK's own resource provider, at deployments only",
    'Serverless-LambdaLatestVersion': 'the CDK chooses the runtime of its own provider',
    'Serverless-CloudWatchLogGroupRetentionPeriod': "the CDK's own resource provider",
  });
