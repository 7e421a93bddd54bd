import {
  type CallContext,
  Fault,
  type IntakeReference,
  type IntakeResult,
  partitionOfId,
} from '@atlas/domain';
import { newId } from './new-id.ts';
import type { Router } from './router.ts';
import { statements } from './statements.ts';

/** What a shard can be told of at once: all of one tenant, so that a transaction is one tenant's. */
type Group = readonly [IntakeReference, ...IntakeReference[]];

interface ResultRow extends Record<string, unknown> {
  readonly intake_id: string;
  readonly outcome: 'posted' | 'refused' | 'settled' | 'left' | 'unknown';
}

/**
 * Posts in groups by tenant and shard, each in one call. A group that fails because of one of its own is
 * halved until that one stands alone, so that it stops no other.
 */
export const postIntakes = async (
  to: Router,
  waiting: readonly IntakeReference[],
  context: CallContext,
): Promise<readonly IntakeResult[]> => {
  const distinct = new Map(waiting.map((one) => [`${one.tenant} ${one.intakeId}`, one]));
  const byPlace = Map.groupBy(
    distinct.values(),
    ({ tenant, intakeId }) => `${to.shardOfId(intakeId).id} ${tenant}`,
  );
  const groups: readonly (readonly IntakeReference[])[] = [...byPlace.values()];
  const results = await Promise.all(
    groups.filter(isGroup).map((group) => postGroup(to, group, context)),
  );
  return results.flat();
};

/** Whether it may be the fault of one, and the others would be posted without it. */
const mayBeOfOne = (error: unknown): boolean =>
  !(error instanceof Fault) || error.code === 'stale-route' || error.code === 'overloaded';

const postGroup = async (
  to: Router,
  group: Group,
  context: CallContext,
): Promise<readonly IntakeResult[]> => {
  try {
    return await postTogether(to, group, context);
  } catch (error) {
    const half = Math.ceil(group.length / 2);
    const [first, second] = [group.slice(0, half), group.slice(half)];
    if (isGroup(first) && isGroup(second) && mayBeOfOne(error)) {
      return [...(await postGroup(to, first, context)), ...(await postGroup(to, second, context))];
    }
    if (!(error instanceof Fault)) await countFailure(to, group[0], context);
    return group.map((one) => ({ ...one, outcome: 'failed', error }));
  }
};

const isGroup = (some: readonly IntakeReference[]): some is Group => some.length > 0;

/** One call; more where the postings are too many for one transaction. */
const postTogether = async (
  to: Router,
  group: Group,
  { deadline, traceparent }: CallContext,
): Promise<readonly IntakeResult[]> => {
  const [{ tenant }] = group;
  const results: IntakeResult[] = [];
  let ids = group.map(({ intakeId }) => intakeId);
  while (ids.length > 0) {
    const { shard, partitions, epochs } = to.route(ids.map(partitionOfId));
    const transfers = ids.map((intakeId) => newId(partitionOfId(intakeId)));
    const rows = await shard.run<ResultRow>(
      statements.postIntakes,
      [tenant, partitions, epochs, ids, transfers, traceparent ?? null],
      { deadline, effect: 'write' },
    );
    const left: string[] = [];
    for (const { intake_id: intakeId, outcome } of rows) {
      if (outcome === 'left') left.push(intakeId);
      else results.push(resultOf({ tenant, intakeId }, outcome));
    }
    if (left.length === ids.length) throw new Error('posting intakes made no progress');
    ids = left;
  }
  return results;
};

const resultOf = (
  one: IntakeReference,
  outcome: Exclude<ResultRow['outcome'], 'left'>,
): IntakeResult =>
  outcome === 'unknown'
    ? { ...one, outcome: 'failed', error: new Error(`there is no intake ${one.intakeId}`) }
    : { ...one, outcome };

/** That it failed is told anyway; how often is for people to see. */
const countFailure = async (
  to: Router,
  { tenant, intakeId }: IntakeReference,
  { deadline }: CallContext,
): Promise<void> => {
  try {
    const call = { deadline, effect: 'write' } as const;
    await to.shardOfId(intakeId).run(statements.failIntake, [tenant, intakeId], call);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
};
