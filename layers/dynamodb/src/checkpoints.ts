import type { Checkpoints, StreamPosition } from '@atlas/domain';
import {
  ConditionalCheckFailedException,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type DynamoConnection, dynamoClient, rethrowAsFault } from './dynamodb-client.ts';

export interface DynamoCheckpointsOptions extends DynamoConnection {
  readonly table: string;
}

/** Checkpoints of consumers, each an item that only ever moves forward. */
export const dynamoCheckpoints = (options: DynamoCheckpointsOptions): Checkpoints => {
  const client = dynamoClient(options);
  return {
    async read(position) {
      const { Item } = await client
        .send(
          new GetItemCommand({
            TableName: options.table,
            Key: keyOf(position),
            ConsistentRead: true,
          }),
        )
        .catch(rethrowAsFault);
      return BigInt(Item?.nextOffset?.N ?? '0');
    },
    async advance(position, nextOffset) {
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: options.table,
            Key: keyOf(position),
            UpdateExpression: 'SET nextOffset = :next',
            ConditionExpression: 'attribute_not_exists(nextOffset) OR nextOffset < :next',
            ExpressionAttributeValues: { ':next': { N: nextOffset.toString() } },
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) rethrowAsFault(error);
      }
    },
  };
};

const keyOf = ({ group, topic, partition, incarnation }: StreamPosition) => ({
  pk: { S: `${group}#${topic}#${partition}#${incarnation}` },
});
