import type pg from 'pg';

/** How many rows each table of the ledger has; the outbox empties by itself and is left out. */
export const countRows = async (client: pg.Client): Promise<Record<string, string>> => {
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables
      WHERE table_schema = 'ledger' AND table_name NOT LIKE 'outbox%' ORDER BY 1`,
  );
  const counts: Record<string, string> = {};
  for (const { name } of tables) {
    const { rows } = await client.query(`SELECT count(*)::text AS n FROM ledger.${name}`);
    counts[name] = rows[0].n;
  }
  return counts;
};
