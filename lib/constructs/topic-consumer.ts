import { Duration } from 'aws-cdk-lib';
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { ConsumerRow } from '../../functions/manifest.ts';
import { names } from '../names.ts';
import type { AwsStage } from '../stage.ts';

export interface TopicConsumerProps {
  readonly stage: AwsStage;
  readonly row: ConsumerRow;
  readonly clusterArn: string;
}

/**
 * Kafka's event source for a consumer of the manifest: provisioned pollers, so that throughput does
 * not wait for scaling; partial failures, bisection, bounded retries; what still fails goes to a
 * topic of its own. AWS only: offline the local event source does the same.
 */
export class TopicConsumer extends Construct {
  readonly mapping: CfnEventSourceMapping;

  constructor(scope: Construct, props: TopicConsumerProps) {
    const { row, stage, clusterArn } = props;
    super(scope, `${row.name}-source`);
    this.mapping = new CfnEventSourceMapping(this, 'Mapping', {
      functionName: names(stage).function(row.name),
      eventSourceArn: clusterArn,
      topics: [row.topic],
      amazonManagedKafkaEventSourceConfig: { consumerGroupId: row.group },
      startingPosition: 'TRIM_HORIZON',
      batchSize: row.batchSize,
      maximumBatchingWindowInSeconds: Math.ceil(row.batchWindowMs / 1_000),
      provisionedPollerConfig: { minimumPollers: 1, maximumPollers: 4 },
      functionResponseTypes: ['ReportBatchItemFailures'],
      bisectBatchOnFunctionError: true,
      // Beside the first attempt.
      maximumRetryAttempts: row.maxAttempts - 1,
      maximumRecordAgeInSeconds: Duration.days(7).toSeconds(),
      destinationConfig: {
        onFailure: { destination: `kafka://${row.name}.failed.v1` },
      },
    });
  }
}
