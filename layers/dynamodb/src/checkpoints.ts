import type { Checkpoints, StreamPosition } from '@atlas/domain';
import {
  ConditionalCheckFailedException,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { dynamoClient, type GuardedDynamoConnection, guardedCall } from './dynamodb-client.ts';

export interface DynamoCheckpointsOptions extends GuardedDynamoConnection {
  readonly table: string;
}

/** Checkpoints of consumers, each an item that only ever moves forward. */
export const dynamoCheckpoints = (options: DynamoCheckpointsOptions): Checkpoints => {
  const client = dynamoClient(options);
  return {
    async read(position, context) {
      const command = new GetItemCommand({
        TableName: options.table,
        Key: keyOf(position),
        ConsistentRead: true,
      });
      const { Item } = await guardedCall(options.guard, context, (how) =>
        client.send(command, how),
      );
      return BigInt(Item?.nextOffset?.N ?? '0');
    },
    async advance(position, nextOffset, context) {
      const command = new UpdateItemCommand({
        TableName: options.table,
        Key: keyOf(position),
        UpdateExpression: 'SET nextOffset = :next',
        ConditionExpression: 'attribute_not_exists(nextOffset) OR nextOffset < :next',
        ExpressionAttributeValues: { ':next': { N: nextOffset.toString() } },
      });
      try {
        await guardedCall(options.guard, context, (how) => client.send(command, how));
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
};

const keyOf = ({ group, topic, partition, incarnation }: StreamPosition) => ({
  pk: { S: `${group}#${topic}#${partition}#${incarnation}` },
});
