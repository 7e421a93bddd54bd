import { Duration, Stack } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { QueueConsumerRow } from '../../functions/manifest.ts';
import { names } from '../names.ts';
import { acknowledge } from './acknowledge.ts';
import { ServiceFunction, type ServiceSurroundings } from './service-function.ts';

export interface QueueConsumerProps extends ServiceSurroundings {
  readonly row: QueueConsumerRow;
}

/**
 * A function that SQS hands batches to, and that names the messages it could not handle. The queue and
 * its dead-letter queue stand in the data stack, and are found by name.
 */
export class QueueConsumer extends Construct {
  constructor(scope: Construct, props: QueueConsumerProps) {
    const { row, stage } = props;
    super(scope, `${row.name}-source`);
    const consumer = new ServiceFunction(this, props);
    const mapping = new EventSourceMapping(this, 'Mapping', {
      target: consumer.function,
      eventSourceArn: Stack.of(this).formatArn({
        service: 'sqs',
        resource: names(stage).queue(row.queue),
      }),
      batchSize: row.batchSize,
      maxBatchingWindow: Duration.millis(row.batchWindowMs),
      reportBatchItemFailures: true,
      // Without it pollers take more than the function may run, and messages die of being throttled.
      ...(stage.onAws ? { maxConcurrency: row.maxConcurrency } : {}),
    });
    acknowledge(mapping, {
      'Serverless-LambdaEventSourceMappingDestination':
        'a queue has no destinations: what fails goes to its own dead-letter queue',
    });
  }
}
