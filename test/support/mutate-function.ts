import type pg from 'pg';

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
  const originals: (readonly [pg.Client, string])[] = [];
  try {
    for (const admin of admins) {
      const { rows } = await admin.query<{ text: string }>(
        'SELECT pg_get_functiondef(p.oid) AS text FROM pg_proc p WHERE p.proname = $1',
        [name],
      );
      const [original] = rows;
      let text = original?.text ?? '';
      for (const [right, wrong] of changes) {
        if (!text.includes(right)) throw new Error(`${name} has no "${right}"`);
        text = text.replaceAll(right, wrong);
      }
      originals.push([admin, original?.text ?? '']);
      await admin.query(text);
    }
    return await work();
  } finally {
    for (const [admin, text] of originals) await admin.query(text);
  }
};
