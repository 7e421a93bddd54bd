import { Fault } from '@atlas/domain';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

export interface DynamoConnection {
  readonly region: string;
  /** The emulator's address offline. */
  readonly endpoint?: string | undefined;
}

/** A client with short time-outs: a read model answers in milliseconds or not at all. */
export const dynamoClient = ({ region, endpoint }: DynamoConnection): DynamoDBClient =>
  new DynamoDBClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000 },
  });

/** Whatever is left of an error after the client's own attempts: the table cannot be reached. */
export const rethrowAsFault = (error: unknown): never => {
  throw new Fault('dependency-unavailable', 'DynamoDB does not answer', { cause: error });
};
