import {
  accepted,
  type CallContext,
  homePartition,
  type Outcome,
  type Partition,
  type RequestIdentity,
} from '@atlas/domain';
import { bindAtHome } from './bind-key.ts';
import type { Router } from './router.ts';
import type { Statement } from './shard.ts';
import { refusalOf, type Written } from './written.ts';

export interface Write {
  readonly statement: Statement;
  /** Between the guards, which every such function begins with, and the trace, which ends it. */
  readonly values: readonly unknown[];
  /** What it touches; the first is where its rows are born. All on one shard. */
  readonly partitions: readonly [Partition, ...Partition[]];
}

/** A request that changes nothing, and so has no key. */
export interface Rehearsal {
  readonly tenant: string;
  readonly keyHash: null;
  readonly requestHash: null;
}

/**
 * Runs a write whose answer is stored under its key, where its rows belong. Accepted with that answer:
 * `detail` is JSON.
 */
export const writeRequest = async (
  router: Router,
  who: RequestIdentity | Rehearsal,
  write: Write,
  context: CallContext,
): Promise<Outcome<Written>> => {
  const [born] = write.partitions;
  const home = homePartition(who.tenant);
  const away = router.shardOf(born) !== router.shardOf(home);
  if (away && who.keyHash !== null) {
    const answer = await bindAtHome(router, who, { home, bound: born }, context);
    if (answer !== undefined) return answer;
  }
  const keyPartition = away ? born : home;
  const route = router.route(
    who.keyHash === null ? write.partitions : [keyPartition, ...write.partitions],
  );
  const [written] = await route.shard.run<Written & Record<string, unknown>>(
    write.statement,
    [
      who.tenant,
      who.keyHash,
      who.requestHash,
      keyPartition,
      route.partitions,
      route.epochs,
      ...write.values,
      context.traceparent ?? null,
    ],
    { deadline: context.deadline, effect: who.keyHash === null ? 'read' : 'write' },
  );
  if (written === undefined) throw new Error(`${write.statement.name} answered nothing`);
  const refusal = refusalOf(written);
  if (refusal !== undefined) return refusal;
  return accepted(written, written.outcome === 'replayed');
};
