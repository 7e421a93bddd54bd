import {
  type AccountNews,
  type CallContext,
  homePartition,
  type MonitorEvaluation,
  partitionOfId,
  type WebhookEventType,
} from '@atlas/domain';
import { openShards, type ShardOptions } from './open-shards.ts';
import type { Router } from './router.ts';
import { statements } from './statements.ts';

export interface PostgresMonitorEvaluation extends MonitorEvaluation {
  close(): Promise<void>;
}

const subscribersAreNeeded = -1;
const eventType: WebhookEventType = 'account.monitor.triggered';

/**
 * Monitors over Postgres shards, as the role atlas_jobs. Nearly all news is a single round trip that
 * changes at most a version; only where a monitor triggers its subscribers are looked up, which are on
 * the tenant's home shard, and the call is made again with them.
 */
export const postgresMonitorEvaluation = (options: ShardOptions): PostgresMonitorEvaluation => {
  const { to, close } = openShards(options);
  return {
    async evaluate(news, context) {
      const first = await evaluateFor(to, news, null, context);
      if (first !== subscribersAreNeeded) return first;
      return evaluateFor(to, news, await subscribersOf(to, news.tenant, context), context);
    },
    close,
  };
};

const evaluateFor = async (
  to: Router,
  news: AccountNews,
  subscribers: readonly string[] | null,
  { deadline }: CallContext,
): Promise<number | undefined> => {
  const { shard, partitions, epochs } = to.route([partitionOfId(news.accountId)]);
  const values = [
    news.tenant,
    partitions,
    epochs,
    news.accountId,
    news.version,
    subscribers,
    news.group,
    news.topic,
    news.partition,
    news.incarnation,
    news.offset,
  ];
  const [row] = await shard.run<{ readonly evaluate_monitors: number | null }>(
    statements.evaluateMonitors,
    values,
    { deadline, effect: 'write' },
  );
  return row?.evaluate_monitors ?? undefined;
};

const subscribersOf = async (
  to: Router,
  tenant: string,
  { deadline }: CallContext,
): Promise<readonly string[]> => {
  const [row] = await to
    .shardOf(homePartition(tenant))
    .run<{ readonly webhook_subscribers: readonly string[] }>(
      statements.webhookSubscribers,
      [tenant, eventType],
      { deadline, effect: 'read' },
    );
  return row?.webhook_subscribers ?? [];
};
