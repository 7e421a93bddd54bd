import type pg from 'pg';

/** Takes the tenant out of every WHERE and ON of every function; answers how many there were. */
export const removeTenantPredicates = async (admin: pg.Client): Promise<number> => {
  const { rows } = await admin.query<{ text: string }>(
    `SELECT pg_get_functiondef(p.oid) AS text FROM pg_proc p
      WHERE p.pronamespace = 'ledger'::regnamespace`,
  );
  let removed = 0;
  for (const { text } of rows) {
    const mutant = text.replaceAll(/\b\w+\.tenant = (\w+\.tenant|tenant_name)/g, () => {
      removed += 1;
      return 'true';
    });
    const left = /\S+\.tenant\s*=.*/.exec(mutant);
    if (left !== null) throw new Error(`a predicate of another form: ${left[0]}`);
    await admin.query(mutant);
  }
  return removed;
};

/** Turns the policies off, and the foreign key that keeps a reversal with its tenant. */
export const disableIsolation = async (admin: pg.Client): Promise<void> => {
  const { rows } = await admin.query<{ relname: string }>(
    `SELECT relname FROM pg_class WHERE relnamespace = 'ledger'::regnamespace AND relkind = 'r'`,
  );
  for (const { relname } of rows) {
    await admin.query(`ALTER TABLE ledger.${relname} DISABLE ROW LEVEL SECURITY`);
  }
  await admin.query('ALTER TABLE ledger.reversal DROP CONSTRAINT reversal_tenant_transfer_id_fkey');
};
