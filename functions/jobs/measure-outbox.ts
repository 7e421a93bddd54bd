import { background } from '@atlas/runtime';
import { jobs } from '../manifest.ts';
import { outboxes } from '../services/outboxes.ts';
import { rowOf } from '../services/row-of.ts';

const settings = rowOf(jobs, 'measure-outbox');

/** Publishes what waits in the outboxes: its depth, its oldest age, and what is parked. */
export const handler = background(settings, async (_event: unknown, run) => {
  const depths = await Promise.all(outboxes().outboxes.map((outbox) => outbox.depth()));
  const total = (of: 'waiting' | 'parked') => depths.reduce((sum, depth) => sum + depth[of], 0);
  const oldestAgeMs = Math.max(0, ...depths.map((depth) => depth.oldestAgeMs));
  run.count('OutboxWaiting', total('waiting'));
  run.count('OutboxParked', total('parked'));
  run.durationMs('OutboxOldestAgeMs', oldestAgeMs);
  const measured = { waiting: total('waiting'), parked: total('parked'), oldestAgeMs };
  run.note(measured);
  return measured;
});
