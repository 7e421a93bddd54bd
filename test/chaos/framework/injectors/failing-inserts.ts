import type pg from 'pg';

/**
 * From now on some inserts into ledger.transfer fail with this SQLSTATE, as the server itself would fail
 * them: the one in so many, counted over all sessions. Answers with what ends it, and with the count.
 */
export const failInserts = async (
  admin: pg.Client,
  sqlState: string,
  oneIn: number,
): Promise<{ readonly end: () => Promise<void>; readonly failed: () => Promise<number> }> => {
  await admin.query(`
    CREATE SEQUENCE public.chaos_insert;
    CREATE SEQUENCE public.chaos_failure;
    GRANT USAGE ON SEQUENCE public.chaos_insert, public.chaos_failure TO PUBLIC;
    CREATE FUNCTION public.chaos_fail() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
      IF nextval('public.chaos_insert') % ${Math.trunc(oneIn)} = 0 THEN
        PERFORM nextval('public.chaos_failure');
        RAISE EXCEPTION 'injected' USING ERRCODE = '${sqlState}';
      END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER chaos_fail BEFORE INSERT ON ledger.transfer
      FOR EACH ROW EXECUTE FUNCTION public.chaos_fail();
  `);
  return {
    failed: async () => {
      const { rows } = await admin.query(
        `SELECT coalesce(pg_sequence_last_value('public.chaos_failure'), 0)::int AS n`,
      );
      return rows[0].n;
    },
    end: async () => {
      await admin.query(`
        DROP TRIGGER chaos_fail ON ledger.transfer;
        DROP FUNCTION public.chaos_fail();
        DROP SEQUENCE public.chaos_insert, public.chaos_failure;
      `);
    },
  };
};
