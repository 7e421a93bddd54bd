import type pg from 'pg';

/**
 * Puts a mutant in the place of a function of the ledger: its text with something else in one place.
 * Answers with what puts the right one back.
 */
export const mutateFunction = async (
  admin: pg.Client,
  name: string,
  right: string,
  wrong: string,
): Promise<() => Promise<void>> => {
  const { rows } = await admin.query<{ text: string }>(
    `SELECT pg_get_functiondef(p.oid) AS text FROM pg_proc p
      WHERE p.pronamespace = 'ledger'::regnamespace AND p.proname = $1`,
    [name],
  );
  const text = rows[0]?.text ?? '';
  if (!text.includes(right)) throw new Error(`ledger.${name} has no "${right}"`);
  await admin.query(text.replaceAll(right, () => wrong));
  return async () => {
    await admin.query(text);
  };
};
