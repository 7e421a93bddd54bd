import {
  Fault,
  fullBucket,
  type QuotaBucket,
  type QuotaRate,
  type QuotaStore,
  takeTokens,
} from '@atlas/domain';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { dynamoClient, type GuardedDynamoConnection, guardedCall } from './dynamodb-client.ts';

export interface DynamoQuotaStoreOptions extends GuardedDynamoConnection {
  readonly table: string;
  readonly rate: QuotaRate;
  readonly now: () => number;
}

/** How often a lease is tried that others were faster with. */
const maxAttempts = 5;
/** A bucket that nobody asks is full again long before. */
const keptSeconds = 60 * 60;
const maxKnown = 1_000;

interface Known {
  readonly bucket: QuotaBucket;
  readonly version: number;
}

/**
 * Buckets, an item each, changed under their version. What is known of an item from the last lease is tried
 * first, so that a lease is one call as a rule; where somebody else was faster, the refusal brings the item.
 */
export const dynamoQuotaStore = (options: DynamoQuotaStoreOptions): QuotaStore => {
  const { table, rate, now, guard } = options;
  const client = dynamoClient(options);
  const known = new Map<string, Known>();

  const write = (tenant: string, version: number, { tokens, atMs }: QuotaBucket) =>
    new UpdateItemCommand({
      TableName: table,
      Key: { pk: { S: tenant } },
      UpdateExpression:
        'SET tokens = :tokens, atMs = :at, version = :next, expiration = :forgotten',
      ConditionExpression: version === 0 ? 'attribute_not_exists(pk)' : 'version = :version',
      ExpressionAttributeValues: {
        ':tokens': { N: String(tokens) },
        ':at': { N: String(atMs) },
        ':next': { N: String(version + 1) },
        ':forgotten': { N: String(Math.ceil(atMs / 1_000) + keptSeconds) },
        ...(version === 0 ? {} : { ':version': { N: String(version) } }),
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });

  return {
    async lease(tenant, wish, context) {
      for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
        const nowMs = now();
        const { bucket: before, version } = known.get(tenant) ?? {
          bucket: fullBucket(rate, nowMs),
          version: 0,
        };
        const { bucket, granted } = takeTokens(before, rate, wish, nowMs);
        try {
          const command = write(tenant, version, bucket);
          // A write that is made again after its answer was lost meets its own version: tokens are lost, not doubled.
          await guardedCall(guard, context, (how) => client.send(command, how));
          remember(known, tenant, { bucket, version: version + 1 });
          return { granted, left: bucket.tokens };
        } catch (error) {
          if (!(error instanceof ConditionalCheckFailedException)) throw error;
          remember(known, tenant, bucketOf(error.Item));
        }
      }
      throw new Fault('overloaded', 'others were faster with this bucket, again and again');
    },
  };
};

/** None: it was forgotten meanwhile. */
const bucketOf = (item: Record<string, AttributeValue> | undefined): Known | undefined =>
  item === undefined
    ? undefined
    : {
        bucket: { tokens: Number(item.tokens?.N), atMs: Number(item.atMs?.N) },
        version: Number(item.version?.N),
      };

const remember = (known: Map<string, Known>, tenant: string, one: Known | undefined): void => {
  known.delete(tenant);
  if (one === undefined) return;
  known.set(tenant, one);
  const [oldest] = known.keys();
  if (known.size > maxKnown && oldest !== undefined) known.delete(oldest);
};
