import type pg from 'pg';

/** Tables that work in the background fills and empties, whatever requests arrive. */
const background = ['outbox%', 'audit_%', 'webhook_queue', 'webhook_delivery'];

/** How many rows each table has that requests write. */
export const countRows = async (client: pg.Client): Promise<Record<string, string>> => {
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables
      WHERE table_schema = 'ledger' AND NOT table_name LIKE ANY ($1) ORDER BY 1`,
    [background],
  );
  const counts: Record<string, string> = {};
  for (const { name } of tables) {
    const { rows } = await client.query(`SELECT count(*)::text AS n FROM ledger.${name}`);
    counts[name] = rows[0].n;
  }
  return counts;
};
