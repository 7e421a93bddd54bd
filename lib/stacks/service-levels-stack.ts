import { Stack, type StackProps } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { addObjective } from '../constructs/application-signals.ts';
import { ServiceLevel } from '../constructs/service-level.ts';
import { names } from '../names.ts';
import type { Objective } from '../slo/objectives.ts';
import type { SloFile } from '../slo/slo-file.ts';
import type { AwsStage } from '../stage.ts';

export interface ServiceLevelsStackProps extends StackProps {
  readonly stage: AwsStage;
  readonly slo: SloFile;
  readonly objectives: readonly Objective[];
}

/**
 * AWS only: the alarms of some objectives. Several stacks of a kind, since CloudFormation allows a stack
 * 500 resources, and an objective with burn rates is a dozen of them.
 */
export class ServiceLevelsStack extends Stack {
  constructor(scope: Construct, id: string, props: ServiceLevelsStackProps) {
    super(scope, id, props);
    const { stage, slo } = props;
    const tell = (name: string) => {
      const parameter = names(stage).parameter(`${name}-topic-arn`);
      const arn = StringParameter.valueForStringParameter(this, parameter);
      return new SnsAction(Topic.fromTopicArn(this, `${name}s`, arn));
    };
    const actions = { page: tell('alarm'), ticket: tell('ticket') };
    for (const objective of props.objectives) {
      new ServiceLevel(this, { stage, slo, objective, actions });
      if (stage.applicationSignals && stage.burnRateAlarms.includes(objective.tier)) {
        addObjective(this, stage, slo, objective);
      }
    }
  }
}
