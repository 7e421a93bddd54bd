-- Reading holds, and ending those whose time is over. What a hold does to its accounts is in
-- ledger.apply_items.
SET LOCAL ROLE atlas_owner;

-- One hold or (wanted null) a page in id order. Its time decides whether it is expired, not the job.
CREATE FUNCTION ledger.read_holds(tenant_name text, wanted uuid, after uuid, page integer)
RETURNS SETOF jsonb LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  RETURN QUERY
  SELECT ledger.hold_json(h)
         || CASE WHEN h.status = 'p' AND h.expires_at <= clock_timestamp()
                 THEN '{"status": "x"}'::jsonb ELSE '{}' END
    FROM ledger.hold h
   WHERE h.tenant = tenant_name
     AND (wanted IS NULL OR h.hold_id = wanted)
     AND (after IS NULL OR h.hold_id > after)
   ORDER BY h.hold_id
   LIMIT page;
END $$;

-- Holds of any tenant whose time is over, longest overdue first. For the role of the jobs.
CREATE FUNCTION ledger.due_holds(page integer)
RETURNS TABLE (tenant text, hold_id uuid, partition smallint, credit_partition smallint)
LANGUAGE sql STABLE AS $$
  SELECT h.tenant::text, h.hold_id, h.partition, h.credit_partition FROM ledger.hold h
   WHERE h.status = 'p' AND h.expires_at <= clock_timestamp()
   ORDER BY h.expires_at
   LIMIT page
$$;

-- Expires a hold if it is still due, and says whether it was.
CREATE FUNCTION ledger.expire_hold(
  tenant_name text, target uuid, partitions smallint[], epochs bigint[], trace_text text)
RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  applied ledger.applied;
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  PERFORM ledger.hold_partitions(partitions, epochs);
  applied := ledger.apply_items(tenant_name, true, false, 'x', NULL, ARRAY[target], NULL, NULL,
    '{}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, trace_text);
  RETURN applied.refusals[1] IS NULL;
END $$;
