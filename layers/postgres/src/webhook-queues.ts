import {
  type AttemptResult,
  deadlineIn,
  partitionOfId,
  type TakenDelivery,
  type TakeOptions,
  type WebhookQueues,
  type WebhookTarget,
} from '@atlas/domain';
import { openShards, type ShardOptions } from './open-shards.ts';
import type { Shard } from './shard.ts';
import { statements } from './statements.ts';

export interface PostgresWebhookQueues extends WebhookQueues {
  close(): Promise<void>;
}

interface TakenRow extends Record<string, unknown> {
  readonly tenant: string;
  readonly endpoint_id: string;
  readonly subject_id: string;
  readonly lease: bigint;
  readonly delivery_id: string;
  readonly attempts: number;
  readonly payload: string;
}

interface TargetRow extends Record<string, unknown> {
  readonly url: string;
  readonly status: string;
  readonly sealed: readonly string[];
}

/** No caller waits; each call is bounded by its role's own time-out, and may be made twice. */
const within = (effect: 'read' | 'write') =>
  ({ deadline: deadlineIn(Date.now(), 10_000), effect }) as const;

const statusOf: Readonly<Record<string, WebhookTarget['status']>> = {
  e: 'enabled',
  d: 'disabled',
  x: 'deleted',
};
const outcomeOf: Readonly<Record<AttemptResult['kind'], string>> = {
  delivered: 'd',
  dead: 'x',
  retry: 'r',
  wait: 'w',
};

/** The status, the error and the delay of a result, as ledger.finish_webhook takes them. */
const figuresOf = (result: AttemptResult): readonly unknown[] => {
  switch (result.kind) {
    case 'delivered':
      return [result.status, null, 0];
    case 'wait':
      return [null, null, result.delayMs];
    default:
      return [result.status, result.error, result.delayMs];
  }
};

/** The queues of all shards, as the role atlas_jobs. */
export const postgresWebhookQueues = (options: ShardOptions): PostgresWebhookQueues => {
  const { shards, to, close } = openShards(options);
  return {
    async take(wishes) {
      const limit = Math.ceil(wishes.limit / shards.length);
      const taken = await Promise.all(shards.map((shard) => takeFrom(shard, { ...wishes, limit })));
      return taken.flat();
    },
    async readTarget({ tenant, endpointId }) {
      const [row] = await to
        .shardOfId(endpointId)
        .run<TargetRow>(statements.readWebhookTarget, [tenant, endpointId], within('read'));
      if (row === undefined) return undefined;
      const status = statusOf[row.status];
      if (status === undefined) throw new Error(`no endpoint status "${row.status}"`);
      return { url: row.url, status, sealedSecrets: row.sealed };
    },
    async finish(taken, result) {
      const { tenant, endpointId, subjectId, lease, deliveryId } = taken;
      const { shard, partitions, epochs } = to.route([partitionOfId(deliveryId)]);
      const held = [endpointId, subjectId, lease, deliveryId, outcomeOf[result.kind]];
      const [row] = await shard.run<{ readonly finish_webhook: boolean }>(
        statements.finishWebhook,
        [tenant, partitions, epochs, ...held, ...figuresOf(result)],
        within('write'),
      );
      return row?.finish_webhook === true;
    },
    async disableGone({ tenant, endpointId }) {
      const { shard, partitions, epochs } = to.route([partitionOfId(endpointId)]);
      const values = [tenant, partitions, epochs, endpointId, 'gone'];
      await shard.run(statements.disableWebhookEndpoint, values, within('write'));
    },
    async lagMs() {
      const rows = await Promise.all(
        shards.map((shard) =>
          shard.run<{ webhook_lag_ms: bigint }>(statements.webhookLagMs, [], within('read')),
        ),
      );
      return Math.max(...rows.flat().map((row) => Number(row.webhook_lag_ms)));
    },
    async forgetOld(limit) {
      const rows = await Promise.all(
        shards.map((shard) =>
          shard.run<{ forget_webhooks: bigint }>(
            statements.forgetWebhooks,
            [limit],
            within('write'),
          ),
        ),
      );
      return rows.flat().reduce((sum, row) => sum + Number(row.forget_webhooks), 0);
    },
    close,
  };
};

const takeFrom = async (
  shard: Shard,
  { limit, perEndpoint, leaseMs }: TakeOptions,
): Promise<TakenDelivery[]> => {
  const values = [limit, perEndpoint, leaseMs];
  // A take that is repeated finds its first leases taken, which then run out: late, never lost.
  const rows = await shard.run<TakenRow>(statements.takeWebhooks, values, within('write'));
  return rows.map((row) => ({
    tenant: row.tenant,
    endpointId: row.endpoint_id,
    subjectId: row.subject_id,
    lease: row.lease,
    deliveryId: row.delivery_id,
    attempts: row.attempts,
    payload: row.payload,
  }));
};
