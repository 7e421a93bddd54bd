import type { CallContext, Outcome, Partition, RequestIdentity } from '@atlas/domain';
import type { Router } from './router.ts';
import { statements } from './statements.ts';
import { refusalOf, type Written } from './written.ts';

/**
 * Commits at home where the rows of this request belong, before anything is written there: so the
 * same key with another request is found out wherever that one would go. Undefined when the key is
 * bound to this request and partition; otherwise the request ends with the answer.
 */
export const bindAtHome = async (
  router: Router,
  who: RequestIdentity,
  place: { readonly home: Partition; readonly bound: Partition },
  context: CallContext,
): Promise<Outcome<never> | undefined> => {
  const route = router.route([place.home]);
  const [written] = await route.shard.run<Written & Record<string, unknown>>(
    statements.bindKey,
    [who.tenant, who.keyHash, who.requestHash, place.home, route.epochs[0], place.bound],
    { deadline: context.deadline, effect: 'write' },
  );
  if (written === undefined) throw new Error('the binding function answered nothing');
  if (written.outcome === 'bound' && written.detail === String(place.bound)) return undefined;
  return refusalOf(written);
};
