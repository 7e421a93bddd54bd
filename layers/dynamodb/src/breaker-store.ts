import type { BreakerStore } from '@atlas/domain';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type DynamoConnection, dynamoClient } from './dynamodb-client.ts';

export interface DynamoBreakerStoreOptions extends DynamoConnection {
  readonly table: string;
}

/** Longer than any window, so that a breaker that nobody has closed is forgotten some day. */
const keptSeconds = 60 * 60;

/** Open breakers, an item each; a closed one has none. */
export const dynamoBreakerStore = (options: DynamoBreakerStoreOptions): BreakerStore => {
  const client = dynamoClient(options);
  const at = (name: string) => ({ TableName: options.table, Key: { pk: { S: name } } });
  /** Whether the item was such that it could be changed. */
  const change = async (
    name: string,
    update: {
      readonly set: string;
      readonly when: string;
      readonly values: Readonly<Record<string, number>>;
    },
  ): Promise<boolean> => {
    const values = Object.entries(update.values).map(([key, value]): [string, AttributeValue] => [
      `:${key}`,
      { N: String(Math.round(value)) },
    ]);
    try {
      await client.send(
        new UpdateItemCommand({
          ...at(name),
          UpdateExpression: update.set,
          ConditionExpression: update.when,
          ExpressionAttributeValues: Object.fromEntries(values),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  };
  return {
    async read(name) {
      const { Item } = await client.send(new GetItemCommand(at(name)));
      return Item === undefined
        ? undefined
        : { openUntilMs: Number(Item.openUntil?.N), windowMs: Number(Item.windowMs?.N) };
    },
    async open(name, { openUntilMs, windowMs }) {
      await change(name, {
        set: 'SET openUntil = :until, windowMs = :window, expiration = :forgotten REMOVE probeUntil',
        when: 'attribute_not_exists(pk) OR openUntil < :until',
        values: {
          until: openUntilMs,
          window: windowMs,
          forgotten: openUntilMs / 1_000 + keptSeconds,
        },
      });
    },
    claimProbe: (name, nowMs, untilMs) =>
      change(name, {
        set: 'SET probeUntil = :until',
        when:
          'attribute_exists(pk) AND openUntil <= :now AND ' +
          '(attribute_not_exists(probeUntil) OR probeUntil <= :now)',
        values: { now: nowMs, until: untilMs },
      }),
    async close(name) {
      await client.send(new DeleteItemCommand(at(name)));
    },
  };
};
