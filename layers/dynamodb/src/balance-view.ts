import type { AccountStatus, BalanceChange, BalanceView, ViewedBalance } from '@atlas/domain';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { dynamoClient, type GuardedDynamoConnection, guardedCall } from './dynamodb-client.ts';

export interface DynamoBalanceViewOptions extends GuardedDynamoConnection {
  readonly table: string;
}

/**
 * Balances by tenant and account. The version is the guard: an item only ever moves to a greater
 * one, in one conditional write, so duplicates, replays and zombies change nothing.
 */
export const dynamoBalanceView = (options: DynamoBalanceViewOptions): BalanceView => {
  const client = dynamoClient(options);
  return {
    async read(tenant, accountId, context) {
      const command = new GetItemCommand({
        TableName: options.table,
        Key: keyOf(tenant, accountId),
      });
      const { Item } = await guardedCall(options.guard, { ...context, tenant }, (how) =>
        client.send(command, how),
      );
      return Item === undefined ? undefined : viewedOf(accountId, Item);
    },
    async apply(change, context) {
      const { event } = change;
      const set = changesOf(change);
      const names = Object.keys(set);
      const command = new UpdateItemCommand({
        TableName: options.table,
        Key: keyOf(event.tenant, event.accountId),
        UpdateExpression: `SET ${names.map((name) => assignment(change, name)).join(', ')}`,
        ConditionExpression: 'attribute_not_exists(#version) OR #version < :version',
        ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: Object.fromEntries(
          names.map((name) => [`:${name}`, set[name] as AttributeValue]),
        ),
      });
      try {
        await guardedCall(options.guard, context, (how) => client.send(command, how));
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
};

/** An entry says nothing of the status; it only must not leave a new item without one. */
const assignment = (change: BalanceChange, name: string): string =>
  change.type === 'AccountEntered' && name === 'status'
    ? '#status = if_not_exists(#status, :status)'
    : `#${name} = :${name}`;

const keyOf = (tenant: string, accountId: string) => ({ pk: { S: `${tenant}#${accountId}` } });

const statuses = {
  AccountFrozen: 'frozen',
  AccountUnfrozen: 'open',
  AccountClosed: 'closed',
} as const;

/**
 * The attributes that a change sets. A change of status leaves amounts alone; an entry carries all
 * of them.
 */
const changesOf = (change: BalanceChange): Record<string, AttributeValue> => {
  const common = {
    version: { N: change.event.version },
    recordedAt: { S: change.event.recordedAt },
    projectedAt: { S: new Date().toISOString() },
  };
  switch (change.type) {
    case 'AccountOpened':
      return {
        ...common,
        asset: { S: change.event.asset },
        status: { S: 'open' },
        balance: { N: '0' },
        pendingDebits: { N: '0' },
        pendingCredits: { N: '0' },
      };
    case 'AccountEntered':
      return {
        ...common,
        asset: { S: change.event.asset },
        status: { S: 'open' },
        balance: { N: change.event.balanceAfter },
        pendingDebits: { N: change.event.pendingDebitsAfter },
        pendingCredits: { N: change.event.pendingCreditsAfter },
      };
    case 'AccountMetadataChanged':
      return common;
    default:
      return { ...common, status: { S: statuses[change.type] } };
  }
};

/** DynamoDB's numbers hold 38 digits, so bigints fit; they travel as text. */
const viewedOf = (accountId: string, item: Record<string, AttributeValue>): ViewedBalance => {
  const number = (name: string) => BigInt(item[name]?.N ?? '0');
  const text = (name: string) => item[name]?.S ?? '';
  return {
    accountId,
    asset: text('asset'),
    status: text('status') as AccountStatus,
    version: number('version'),
    balanceMinor: number('balance'),
    pendingDebitsMinor: number('pendingDebits'),
    pendingCreditsMinor: number('pendingCredits'),
    recordedAt: new Date(text('recordedAt')),
    projectedAt: new Date(text('projectedAt')),
  };
};
