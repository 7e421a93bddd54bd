import { Fault } from '@atlas/domain';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

export interface DynamoConnection {
  readonly region: string;
  /** The emulator's address offline. */
  readonly endpoint?: string | undefined;
}

/**
 * A client with short time-outs: a read model answers in milliseconds or not at all. All attempts together
 * stay below the three seconds that a read may take. Unless it is told to throw, the SDK only logs that a
 * request takes too long, and waits on.
 */
export const dynamoClient = ({ region, endpoint }: DynamoConnection): DynamoDBClient =>
  new DynamoDBClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 500, requestTimeout: 800, throwOnRequestTimeout: true },
  });

/** Whatever is left of an error after the client's own attempts: the table cannot be reached. */
export const rethrowAsFault = (error: unknown): never => {
  throw new Fault('dependency-unavailable', 'DynamoDB does not answer', { cause: error });
};
