import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { names } from '../names.ts';
import type { Stage } from '../stage.ts';

/** Publishes what other stacks need as SSM parameters, which they read when they deploy. */
export const publish = (
  scope: Construct,
  stage: Stage,
  values: Readonly<Record<string, string>>,
): void => {
  for (const [name, stringValue] of Object.entries(values)) {
    new StringParameter(scope, `Parameter-${name.replaceAll('/', '-')}`, {
      parameterName: names(stage).parameter(name),
      stringValue,
    });
  }
};
