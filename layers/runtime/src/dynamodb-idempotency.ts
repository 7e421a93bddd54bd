import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type CallGuard,
  type Deadline,
  deadlineIn,
  Fault,
  type RequestIdentity,
} from '@atlas/domain';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Context } from 'aws-lambda';
import type { StoredAnswer } from './answer.ts';
import { awsConfig, idempotencyConfig } from './config.ts';
import { Problem } from './problem.ts';

const keptSeconds = 7 * 24 * 60 * 60;
/** What a call may take that belongs to no request. */
const defaultMs = 1_000;

/** By when the request under way needs its answer: the store is called by a library that does not know. */
const deadlines = new AsyncLocalStorage<Deadline>();

/** A client whose every call is made through the guard. */
const guardedClient = (guard: CallGuard): DynamoDBClient => {
  const { AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = awsConfig();
  const client = new DynamoDBClient({
    region,
    maxAttempts: 1,
    ...(endpoint === undefined ? {} : { endpoint }),
  });
  const send = client.send.bind(client) as (
    command: unknown,
    options: { readonly abortSignal: AbortSignal },
  ) => Promise<unknown>;
  const guarded = (command: unknown): Promise<unknown> =>
    guard.run(
      (abortSignal) =>
        send(command, { abortSignal }).catch((error: unknown) => {
          if (error instanceof ConditionalCheckFailedException) throw error;
          const message = 'the store of idempotency keys does not answer';
          throw new Fault('dependency-unavailable', message, { cause: error });
        }),
      {
        deadline: deadlines.getStore() ?? deadlineIn(Date.now(), defaultMs),
        // A claim that is cut off stands in nobody's name until it expires, so it gets all the time there is.
        effect: command instanceof PutItemCommand ? 'once' : 'repeatable',
      },
    );
  return Object.assign(client, { send: guarded }) as unknown as DynamoDBClient;
};

let store: DynamoDBPersistenceLayer | undefined;

/** What is around one request. */
export interface KeySurroundings {
  readonly context: Context;
  readonly deadline: Deadline;
  /** Stands before the store; of the first request in a process, for all of them. It repeats nothing: Powertools has rules of its own. */
  readonly guard: CallGuard;
}

interface Work {
  readonly key: string;
  readonly request: string;
}

/**
 * For what has no effect in Postgres: Powertools Idempotency over DynamoDB. Keys are scoped by
 * tenant and operation. Answers are kept, refusals included; a fault deletes the record, so that
 * the request can be tried again. An effect must therefore find its own work when it is repeated.
 */
export const dynamodbIdempotency = async (
  operation: string,
  who: RequestIdentity,
  { context, deadline, guard }: KeySurroundings,
  effect: () => Promise<StoredAnswer>,
): Promise<{ readonly answer: StoredAnswer; readonly replayed: boolean }> => {
  store ??= new DynamoDBPersistenceLayer({
    tableName: idempotencyConfig().ATLAS_IDEMPOTENCY_TABLE,
    awsSdkV3Client: guardedClient(guard),
  });
  let replayed = false;
  const config = new IdempotencyConfig({
    eventKeyJmesPath: 'key',
    payloadValidationJmesPath: 'request',
    hashFunction: 'sha256',
    expiresAfterSeconds: keptSeconds,
    responseHook: (answer) => {
      replayed = true;
      return answer;
    },
  });
  config.registerLambdaContext(context);
  const once = makeIdempotent(
    async (_work: Work) => (await effect()) as unknown as Record<string, never>,
    { persistenceStore: store, config, keyPrefix: operation },
  );
  try {
    const work = { key: `${who.tenant}#${who.keyHash}`, request: who.requestHash };
    const answer = await deadlines.run(deadline, () => once(work));
    return { answer: answer as unknown as StoredAnswer, replayed };
  } catch (error) {
    throw problemOfIdempotencyError(error);
  }
};

/** Told by name: the classes would pull the whole package into every bundle. */
const problemOfIdempotencyError = (error: unknown): unknown => {
  const { name, cause } = error as { name?: string; cause?: unknown };
  switch (name) {
    case 'IdempotencyAlreadyInProgressError':
    case 'IdempotencyInconsistentStateError': {
      const detail = 'A request with this Idempotency-Key is under way. Ask again for its answer.';
      return new Problem('idempotency-key-in-flight', detail, { retryAfterSeconds: 1 });
    }
    case 'IdempotencyValidationError': {
      const detail = 'This Idempotency-Key was used for another request.';
      return new Problem('idempotency-key-reused', detail);
    }
    case 'IdempotencyPersistenceLayerError': {
      const detail = 'The store of idempotency keys cannot be reached. Try again.';
      return new Problem('dependency-unavailable', detail, { retryAfterSeconds: 1, cause });
    }
    default:
      return error;
  }
};
