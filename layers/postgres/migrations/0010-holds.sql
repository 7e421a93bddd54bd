-- Reading holds, and ending those whose time is over. What a hold does to its accounts is in
-- ledger.apply_items.
SET LOCAL ROLE atlas_owner;

-- One hold or (wanted null) a page in id order. Its time decides whether it is expired, not the job.
CREATE FUNCTION ledger.read_holds(
  tenant_name text, wanted uuid, after uuid, page integer, filter jsonb DEFAULT '{}')
RETURNS SETOF jsonb LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  of_account CONSTANT uuid := filter->>'accountId';
  wanted_status CONSTANT text := filter->>'status';
  placed_from CONSTANT timestamptz := filter->>'placedFrom';
  placed_to CONSTANT timestamptz := filter->>'placedTo';
  amount_from CONSTANT bigint := filter->>'amountFrom';
  amount_to CONSTANT bigint := filter->>'amountTo';
  wanted_reference CONSTANT text := filter->>'reference';
  pairs CONSTANT jsonb := filter->'metadata';
  moment CONSTANT timestamptz := clock_timestamp();
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  RETURN QUERY
  SELECT ledger.hold_json(h)
         || CASE WHEN h.status = 'p' AND h.expires_at <= moment
                 THEN '{"status": "x"}'::jsonb ELSE '{}' END
    FROM ledger.hold h
   WHERE h.tenant = tenant_name
     AND (wanted IS NULL OR h.hold_id = wanted)
     AND (after IS NULL OR h.hold_id > after)
     AND (of_account IS NULL OR of_account IN (h.debit_account, h.credit_account))
     AND (wanted_status IS NULL
          OR CASE WHEN h.status = 'p' AND h.expires_at <= moment THEN 'x'
                  ELSE h.status::text END = wanted_status)
     AND (placed_from IS NULL OR h.placed_at >= placed_from)
     AND (placed_to IS NULL OR h.placed_at < placed_to)
     AND (amount_from IS NULL OR h.amount >= amount_from)
     AND (amount_to IS NULL OR h.amount <= amount_to)
     AND (wanted_reference IS NULL OR h.reference = wanted_reference)
     AND (pairs IS NULL OR h.metadata @> pairs)
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
