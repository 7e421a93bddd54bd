import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { names } from '../names.ts';
import { ServiceFunction, type ServiceFunctionProps } from './service-function.ts';

export interface ScheduledJobProps extends Omit<ServiceFunctionProps, 'failures'> {
  readonly everyMinutes: number;
  readonly failures: IQueue;
}

/**
 * A function that a rule starts every so many minutes. A rule rather than EventBridge Scheduler:
 * an emulator that operators use accepts schedules and never fires them.
 */
export class ScheduledJob extends Construct {
  readonly job: ServiceFunction;

  constructor(scope: Construct, props: ScheduledJobProps) {
    super(scope, `${props.row.name}-schedule`);
    this.job = new ServiceFunction(this, props);
    const rule = new Rule(this, 'Rule', {
      ruleName: names(props.stage).function(props.row.name),
      description: `Starts ${props.row.name}`,
      schedule: Schedule.rate(Duration.minutes(props.everyMinutes)),
    });
    rule.addTarget(
      new LambdaTarget(this.job.function, {
        deadLetterQueue: props.failures,
        retryAttempts: 2,
        maxEventAge: Duration.minutes(5),
      }),
    );
  }
}
