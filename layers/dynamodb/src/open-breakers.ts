import type { CallContext, OpenBreaker } from '@atlas/domain';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { dynamoClient, type GuardedDynamoConnection, guardedCall } from './dynamodb-client.ts';

export interface DynamoOpenBreakersOptions extends GuardedDynamoConnection {
  readonly table: string;
}

/** Reads the breakers that were opened and that nobody has closed yet, by their names. A page of 1 MB has them all. */
export const dynamoOpenBreakers = (options: DynamoOpenBreakersOptions) => {
  const client = dynamoClient(options);
  return async (context: CallContext): Promise<ReadonlyMap<string, OpenBreaker>> => {
    const command = new ScanCommand({ TableName: options.table });
    const { Items = [] } = await guardedCall(options.guard, context, (how) =>
      client.send(command, how),
    );
    return new Map(
      Items.map(({ pk, openUntil, windowMs }) => [
        pk?.S ?? '',
        { openUntilMs: Number(openUntil?.N), windowMs: Number(windowMs?.N) },
      ]),
    );
  };
};
