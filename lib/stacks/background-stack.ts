import { Stack, type StackProps } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { consumers, jobs, queues, relays } from '../../functions/manifest.ts';
import { QueueConsumer } from '../constructs/queue-consumer.ts';
import { ScheduledJob } from '../constructs/scheduled-job.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import { surroundingsIn } from '../constructs/surroundings.ts';
import type { Endpoints } from '../endpoints.ts';
import { names } from '../names.ts';
import type { Stage } from '../stage.ts';

export interface BackgroundStackProps extends StackProps {
  readonly stage: Stage;
  /** Offline; on AWS they are read from SSM. */
  readonly endpoints?: Endpoints;
}

/**
 * Portable: every function that no caller waits for. A stack of its own, since CloudFormation allows a
 * stack 500 resources, and a function with its role and logs is five of them.
 */
export class BackgroundStack extends Stack {
  constructor(scope: Construct, id: string, props: BackgroundStackProps) {
    super(scope, id, props);
    const { stage } = props;
    const surroundings = surroundingsIn(this, stage, props.endpoints);
    const failures = Queue.fromQueueArn(
      this,
      'Failures',
      this.formatArn({ service: 'sqs', resource: names(stage).failuresQueue }),
    );
    for (const row of consumers) new ServiceFunction(this, { ...surroundings, row });
    for (const row of queues) new QueueConsumer(this, { ...surroundings, row });
    for (const row of [...relays, ...jobs]) {
      const { everyMinutes } = row;
      new ScheduledJob(this, { ...surroundings, row, everyMinutes, failures });
    }
  }
}
