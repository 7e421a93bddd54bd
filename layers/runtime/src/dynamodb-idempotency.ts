import type { RequestIdentity } from '@atlas/domain';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import type { Context } from 'aws-lambda';
import type { StoredAnswer } from './answer.ts';
import { idempotencyConfig } from './config.ts';
import { Problem } from './problem.ts';

const keptSeconds = 7 * 24 * 60 * 60;

let store: DynamoDBPersistenceLayer | undefined;

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
  context: Context,
  effect: () => Promise<StoredAnswer>,
): Promise<{ readonly answer: StoredAnswer; readonly replayed: boolean }> => {
  store ??= new DynamoDBPersistenceLayer({
    tableName: idempotencyConfig().ATLAS_IDEMPOTENCY_TABLE,
    // Unless it is told to throw, the SDK only logs that a request takes too long, and waits on.
    clientConfig: {
      requestHandler: {
        connectionTimeout: 500,
        requestTimeout: 1_000,
        throwOnRequestTimeout: true,
      },
    },
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
    const answer = await once({ key: `${who.tenant}#${who.keyHash}`, request: who.requestHash });
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
