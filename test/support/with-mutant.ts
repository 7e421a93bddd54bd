import type pg from 'pg';
import { mutateFunction } from './mutate-function.ts';

/**
 * Replaces text in a SQL function on every shard, for as long as the work takes: what the work then
 * finds is what its test would find of such a mistake. Fails where there is nothing to replace.
 */
export const withMutant = async <T>(
  admins: readonly pg.Client[],
  name: string,
  changes: readonly (readonly [right: string, wrong: string])[],
  work: () => Promise<T>,
): Promise<T> => {
  const restores: (() => Promise<void>)[] = [];
  try {
    for (const admin of admins) {
      for (const [right, wrong] of changes) {
        restores.push(await mutateFunction(admin, name, right, wrong));
      }
    }
    return await work();
  } finally {
    for (const restore of restores.toReversed()) await restore();
  }
};
