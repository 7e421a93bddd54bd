import { deadlineIn, type OutboxDepth } from '@atlas/domain';
import { background } from '../background.ts';
import { jobs } from '../manifest.ts';
import { readConsumerLags } from '../services/consumer-lags.ts';
import { outboxes } from '../services/outboxes.ts';
import { rowOf } from '../services/row-of.ts';

const settings = rowOf(jobs, 'measure-outbox');
/** Half of the budget: what was measured of the outboxes is not lost for a log that hangs. */
const lagMs = settings.budgetMs / 2;

/**
 * Publishes what waits in the outboxes (their depth, their oldest age, and what is parked), and how far the consumers
 * are behind. Of a shard or a log that does not answer that is all there is; without a shard the run has failed.
 */
export const handler = background(settings, async (_event: unknown, run) => {
  const [shards, [lags]] = await Promise.all([
    Promise.allSettled(outboxes().outboxes.map((outbox) => outbox.depth())),
    Promise.allSettled([readConsumerLags({ deadline: deadlineIn(Date.now(), lagMs) })]),
  ]);
  run.measure('DependencyUp', [
    ...shards.map(({ status }, shard) => up(`postgres-${shard}`, status)),
    up('kafka', lags.status),
  ]);
  const depths = shards.flatMap((one, shard) =>
    one.status === 'fulfilled' ? [{ shard: String(shard), ...one.value }] : [],
  );
  const each = (of: keyof OutboxDepth) =>
    depths.map(({ shard, [of]: value }) => ({ labels: [shard], value }));
  run.measure('OutboxWaiting', each('waiting'));
  run.measure('OutboxParked', each('parked'));
  run.measure('OutboxOldestAgeMs', each('oldestAgeMs'));
  if (lags.status === 'fulfilled') {
    const behind = lags.value.map(({ group, topic, records }) => ({
      labels: [group, topic],
      value: records,
    }));
    run.measure('ConsumerLagRecords', behind);
  } else {
    run.fault('the consumers were not measured', lags.reason);
  }
  for (const one of shards) if (one.status === 'rejected') throw one.reason;
  const total = (of: 'waiting' | 'parked') => depths.reduce((sum, depth) => sum + depth[of], 0);
  const measured = {
    waiting: total('waiting'),
    parked: total('parked'),
    oldestAgeMs: Math.max(0, ...depths.map((depth) => depth.oldestAgeMs)),
  };
  run.note(measured);
  return measured;
});

const up = (dependency: string, status: PromiseSettledResult<unknown>['status']) => ({
  labels: [dependency],
  value: Number(status === 'fulfilled'),
});
