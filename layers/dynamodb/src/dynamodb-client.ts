import { type CallGuard, Fault, type OutboundCall } from '@atlas/domain';
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';

export interface DynamoConnection {
  readonly region: string;
  /** The emulator's address offline. */
  readonly endpoint?: string | undefined;
}

export interface GuardedDynamoConnection extends DynamoConnection {
  readonly guard: CallGuard;
}

/**
 * A client that makes each call once: whether it is made again is for whoever guards it. Unless it is told to
 * throw, the SDK only logs that a request takes too long, and waits on.
 */
export const dynamoClient = ({ region, endpoint }: DynamoConnection): DynamoDBClient =>
  new DynamoDBClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 1_000,
      requestTimeout: 2_000,
      throwOnRequestTimeout: true,
    },
  });

/** A condition that does not hold is an answer; anything else means that the table cannot be reached. */
const rethrowAsFault = (error: unknown): never => {
  if (error instanceof ConditionalCheckFailedException) throw error;
  throw new Fault('dependency-unavailable', 'DynamoDB does not answer', { cause: error });
};

/** Makes a call, which may be made twice unless it says otherwise. */
export const guardedCall = <Output>(
  guard: CallGuard,
  { deadline, tenant, effect = 'repeatable' }: Omit<OutboundCall, 'effect'> & Partial<OutboundCall>,
  call: (options: { readonly abortSignal: AbortSignal }) => Promise<Output>,
): Promise<Output> =>
  guard.run((abortSignal) => call({ abortSignal }).catch(rethrowAsFault), {
    deadline,
    effect,
    ...(tenant === undefined ? {} : { tenant }),
  });
