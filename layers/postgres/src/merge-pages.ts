import type { Page } from '@atlas/domain';
import type { Router } from './router.ts';
import type { Shard } from './shard.ts';

/** Where a list is: everywhere, or where the account is that it is narrowed to. */
export const shardsOf = (router: Router, accountId: string | undefined): readonly Shard[] =>
  accountId === undefined ? router.shards : [router.shardOfId(accountId)];

/**
 * One page over all shards, in id order. Each shard is asked for one item more than the page holds,
 * so that the last page is known to be the last.
 */
export const mergePages = async <T>(
  shards: readonly Shard[],
  limit: number,
  idOf: (item: T) => string,
  fetch: (shard: Shard) => Promise<readonly T[]>,
): Promise<Page<T>> => {
  const found = (await Promise.all(shards.map(fetch))).flat();
  found.sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  return pageOf(found, limit, idOf);
};

/** A page of what was asked for with one item more than it holds. */
export const pageOf = <T>(
  found: readonly T[],
  limit: number,
  placeOf: (item: T) => string,
): Page<T> => {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next: found.length > limit && last !== undefined ? placeOf(last) : null };
};
