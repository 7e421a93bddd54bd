import { type Addition, deadlineIn, type MetricStore, type ToldMetrics } from '@atlas/domain';
import {
  type AttributeValue,
  ScanCommand,
  type ScanCommandOutput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { dynamoClient, type GuardedDynamoConnection, guardedCall } from './dynamodb-client.ts';

export interface DynamoMetricStoreOptions extends GuardedDynamoConnection {
  readonly table: string;
  readonly now: () => number;
}

/** A function that has not run for so long is gone, and its counts with it. */
const countsKeptSeconds = 7 * 24 * 60 * 60;
/** A measurement is made each minute; one that nobody has replaced for so long says nothing any more. */
const measuresKeptSeconds = 5 * 60;
const callMs = 2_000;

type Item = Readonly<Record<string, AttributeValue>>;

/** What the service answered, so that the addition was not made, as opposed to not answering. */
const isRefused = (error: unknown): boolean =>
  ((error as Error).cause as { readonly $fault?: string } | undefined)?.$fault === 'client';

/**
 * What a fleet counts, an item for each source, whose attributes are its series; and what it measures, an item for
 * each source with all of it in one attribute, so that it is replaced as a whole.
 */
export const dynamoMetricStore = (options: DynamoMetricStoreOptions): MetricStore => {
  const { table, now, guard } = options;
  const client = dynamoClient(options);
  const expiring = (seconds: number) => ({ N: String(Math.ceil(now() / 1_000) + seconds) });
  const soon = () => ({ deadline: deadlineIn(now(), callMs) });

  return {
    async add(source, counts): Promise<Addition> {
      const entries = [...counts];
      const command = new UpdateItemCommand({
        TableName: table,
        Key: { pk: { S: `counts#${source}` } },
        UpdateExpression: `ADD ${entries.map((_, i) => `#n${i} :n${i}`).join(', ')} SET expiration = :until`,
        ExpressionAttributeNames: Object.fromEntries(entries.map(([key], i) => [`#n${i}`, key])),
        ExpressionAttributeValues: {
          ...Object.fromEntries(entries.map(([, value], i) => [`:n${i}`, { N: String(value) }])),
          ':until': expiring(countsKeptSeconds),
        },
      });
      let wasSent = false;
      const sent = <How>(how: How): How => {
        wasSent = true;
        return how;
      };
      try {
        await guardedCall(guard, { ...soon(), effect: 'once' }, (how) =>
          client.send(command, sent(how)),
        );
        return 'added';
      } catch (error) {
        return wasSent && !isRefused(error) ? 'unknown' : 'refused';
      }
    },

    async measure(source, values) {
      const M = Object.fromEntries(
        [...values].map(([key, value]) => [key, { N: String(value) }] as const),
      );
      const command = new UpdateItemCommand({
        TableName: table,
        Key: { pk: { S: `measures#${source}` } },
        UpdateExpression: 'SET measured = :measured, expiration = :until',
        ExpressionAttributeValues: {
          ':measured': { M },
          ':until': expiring(measuresKeptSeconds),
        },
      });
      await guardedCall(guard, soon(), (how) => client.send(command, how));
    },

    async readAll(context) {
      const told: ToldMetrics[] = [];
      let from: ScanCommandOutput['LastEvaluatedKey'];
      do {
        const command = new ScanCommand({
          TableName: table,
          ...(from === undefined ? {} : { ExclusiveStartKey: from }),
        });
        const page: ScanCommandOutput = await guardedCall(guard, context, (how) =>
          client.send(command, how),
        );
        // The service deletes what has expired when it finds the time.
        const kept = (page.Items ?? []).filter(
          (item) => Number(item.expiration?.N) * 1_000 > now(),
        );
        told.push(...kept.map(toldBy));
        from = page.LastEvaluatedKey;
      } while (from !== undefined);
      return told;
    },
  };
};

const toldBy = ({ pk, ...item }: Item): ToldMetrics => {
  const [kind = '', source = ''] = pk?.S?.split('#') ?? [];
  return kind === 'measures'
    ? { kind, source, values: numbersIn(item.measured?.M ?? {}) }
    : { kind: 'counts', source, values: numbersIn(item) };
};

const numbersIn = (item: Item): ReadonlyMap<string, number> =>
  new Map(
    Object.entries(item)
      .filter(([key]) => key !== 'expiration')
      .map(([key, { N }]) => [key, Number(N)]),
  );
