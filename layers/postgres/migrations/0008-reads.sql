-- Reads, each one round trip and one snapshot. They set the tenant first, in a statement of its own,
-- because row level security compares with what is set when the query starts. No locks.
--
-- A filter is a JSON object of what must hold, all of it; what it leaves out is null, and narrows nothing.
-- Times begin with `…From` and end before `…To`; amounts include both. Plans are made for the values at
-- hand, so that what is null costs nothing, and what is given can use an index.
SET LOCAL ROLE atlas_owner;

CREATE TYPE ledger.account_view AS (
  account_id uuid, asset text, name text, status ledger.account_status,
  min_balance bigint, max_balance bigint,
  posted_debits ledger.total, posted_credits ledger.total,
  pending_debits ledger.total, pending_credits ledger.total,
  version bigint, metadata jsonb, metadata_version integer, opened_at timestamptz,
  recorded_at timestamptz
);

-- One account, or (wanted null) a page in id order.
CREATE FUNCTION ledger.read_accounts(
  tenant_name text, wanted uuid, after uuid, page integer, filter jsonb DEFAULT '{}')
RETURNS SETOF ledger.account_view LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  asset_code CONSTANT text := filter->>'asset';
  account_name CONSTANT text := filter->>'name';
  wanted_status CONSTANT text := filter->>'status';
  opened_from CONSTANT timestamptz := filter->>'openedFrom';
  opened_to CONSTANT timestamptz := filter->>'openedTo';
  balance_from CONSTANT numeric := filter->>'balanceFrom';
  balance_to CONSTANT numeric := filter->>'balanceTo';
  pairs CONSTANT jsonb := filter->'metadata';
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  RETURN QUERY
  SELECT a.account_id, a.asset::text, d.name, a.status, a.min_balance, a.max_balance,
         a.posted_debits, a.posted_credits, a.pending_debits, a.pending_credits,
         a.version, d.metadata, d.metadata_version, d.opened_at, a.recorded_at
    FROM ledger.account a
    JOIN ledger.account_detail d ON d.tenant = a.tenant AND d.account_id = a.account_id
   WHERE a.tenant = tenant_name
     AND (wanted IS NULL OR a.account_id = wanted)
     AND (after IS NULL OR a.account_id > after)
     AND (asset_code IS NULL OR a.asset = asset_code)
     AND (account_name IS NULL OR (md5(d.name) = md5(account_name) AND d.name = account_name))
     AND (wanted_status IS NULL OR a.status::text = wanted_status)
     AND (opened_from IS NULL OR d.opened_at >= opened_from)
     AND (opened_to IS NULL OR d.opened_at < opened_to)
     AND (balance_from IS NULL OR a.posted_credits - a.posted_debits >= balance_from)
     AND (balance_to IS NULL OR a.posted_credits - a.posted_debits <= balance_to)
     AND (pairs IS NULL OR d.metadata @> pairs)
   ORDER BY a.account_id
   LIMIT page;
END $$;

-- One row a posting, with what each side was left with; transfers in id order.
CREATE TYPE ledger.posting_view AS (
  transfer_id uuid, recorded_at timestamptz, effective_at timestamptz, reference text,
  metadata jsonb, debit_account uuid, credit_account uuid, amount ledger.amount, asset text,
  debit_version bigint, debit_balance bigint, debit_available bigint,
  credit_version bigint, credit_balance bigint, credit_available bigint, hold_id uuid, reverses uuid
);

-- The least id that is made at a time, or the greatest (see layers/domain/src/ids.ts: UUIDv7).
CREATE FUNCTION ledger.id_at(at timestamptz, is_first boolean) RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT (lpad(to_hex(GREATEST(0, floor(extract(epoch FROM at) * 1000))::bigint), 12, '0')
          || CASE WHEN is_first THEN repeat('0', 20) ELSE repeat('f', 20) END)::uuid
$$;

-- Ids are made by whoever asks, shortly before the time of recording. A day apart, by clocks that are off,
-- is allowed for where times narrow the ids that are looked at.
CREATE FUNCTION ledger.read_transfers(
  tenant_name text, wanted uuid[], after uuid, page integer, filter jsonb DEFAULT '{}')
RETURNS SETOF ledger.posting_view LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  of_account CONSTANT uuid := filter->>'accountId';
  recorded_from CONSTANT timestamptz := filter->>'recordedFrom';
  recorded_to CONSTANT timestamptz := filter->>'recordedTo';
  effective_from CONSTANT timestamptz := filter->>'effectiveFrom';
  effective_to CONSTANT timestamptz := filter->>'effectiveTo';
  amount_from CONSTANT bigint := filter->>'amountFrom';
  amount_to CONSTANT bigint := filter->>'amountTo';
  wanted_reference CONSTANT text := filter->>'reference';
  pairs CONSTANT jsonb := filter->'metadata';
  any_amount boolean := amount_from IS NULL AND amount_to IS NULL;
  first_id CONSTANT uuid := ledger.id_at(recorded_from - interval '1 day', true);
  last_id CONSTANT uuid := ledger.id_at(recorded_to + interval '1 day', false);
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  -- Each posting that touches an account is an entry of it, which says when and how much.
  IF of_account IS NOT NULL THEN
    wanted := ARRAY(
      SELECT DISTINCT e.transfer_id FROM ledger.entry e
       WHERE e.tenant = tenant_name AND e.account_id = of_account AND e.kind = 'p'
         AND (after IS NULL OR e.transfer_id > after)
         AND (recorded_from IS NULL OR e.recorded_at >= recorded_from)
         AND (recorded_to IS NULL OR e.recorded_at < recorded_to)
         AND (amount_from IS NULL OR e.amount >= amount_from)
         AND (amount_to IS NULL OR e.amount <= amount_to));
    any_amount := true;
  END IF;
  RETURN QUERY
  SELECT t.transfer_id, t.recorded_at, t.effective_at, t.reference, t.metadata,
         p.debit_account, p.credit_account, p.amount, a.asset::text,
         p.debit_version, d.balance_after, d.balance_after - coalesce(d.pending_debits_after, 0),
         p.credit_version, c.balance_after, c.balance_after - coalesce(c.pending_debits_after, 0),
         t.hold_id, t.reverses
    FROM (SELECT * FROM ledger.transfer f
           WHERE f.tenant = tenant_name
             AND (wanted IS NULL OR f.transfer_id = ANY (wanted))
             AND (after IS NULL OR f.transfer_id > after)
             AND (recorded_from IS NULL OR (f.recorded_at >= recorded_from AND f.transfer_id >= first_id))
             AND (recorded_to IS NULL OR (f.recorded_at < recorded_to AND f.transfer_id <= last_id))
             AND (effective_from IS NULL OR coalesce(f.effective_at, f.recorded_at) >= effective_from)
             AND (effective_to IS NULL OR coalesce(f.effective_at, f.recorded_at) < effective_to)
             AND (wanted_reference IS NULL OR f.reference = wanted_reference)
             AND (pairs IS NULL OR coalesce(f.metadata, '{}') @> pairs)
             AND (any_amount
                  OR ((amount_from IS NULL OR f.amount >= amount_from)
                      AND (amount_to IS NULL OR f.amount <= amount_to))
                  OR EXISTS (
                   SELECT FROM ledger.posting q
                    WHERE f.postings > 1 AND q.tenant = tenant_name AND q.transfer_id = f.transfer_id
                      AND (amount_from IS NULL OR q.amount >= amount_from)
                      AND (amount_to IS NULL OR q.amount <= amount_to)))
           ORDER BY f.transfer_id
           LIMIT page) AS t
   CROSS JOIN LATERAL (
     SELECT 1::smallint AS ordinal, t.debit_account, t.credit_account, t.amount,
            t.debit_version, t.credit_version
      UNION ALL
     SELECT q.ordinal, q.debit_account, q.credit_account, q.amount, q.debit_version, q.credit_version
       FROM ledger.posting q
      WHERE t.postings > 1 AND q.tenant = tenant_name AND q.transfer_id = t.transfer_id) AS p
    JOIN ledger.account a ON a.tenant = tenant_name AND a.account_id = p.debit_account
    JOIN ledger.entry d ON d.tenant = tenant_name AND d.account_id = p.debit_account
                       AND d.version = p.debit_version
    JOIN ledger.entry c ON c.tenant = tenant_name AND c.account_id = p.credit_account
                       AND c.version = p.credit_version
   ORDER BY t.transfer_id, p.ordinal;
END $$;

-- A page of an account's entries in version order. No row: no such account; one row without a
-- version: no entry after the one given.
CREATE FUNCTION ledger.read_entries(
  tenant_name text, wanted uuid, after bigint, page integer, filter jsonb DEFAULT '{}')
RETURNS TABLE (
  version ledger.entry_version, transfer_id uuid, kind ledger.entry_kind,
  direction ledger.direction, amount ledger.amount, balance_after bigint,
  pending_debits_after bigint, pending_credits_after bigint,
  recorded_at timestamptz, effective_at timestamptz, hold_id uuid)
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  wanted_kind CONSTANT text := filter->>'kind';
  wanted_direction CONSTANT text := filter->>'direction';
  recorded_from CONSTANT timestamptz := filter->>'recordedFrom';
  recorded_to CONSTANT timestamptz := filter->>'recordedTo';
  effective_from CONSTANT timestamptz := filter->>'effectiveFrom';
  effective_to CONSTANT timestamptz := filter->>'effectiveTo';
  amount_from CONSTANT bigint := filter->>'amountFrom';
  amount_to CONSTANT bigint := filter->>'amountTo';
  last_version bigint;
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  -- Recorded times become versions, which the key is in the order of.
  IF recorded_from IS NOT NULL THEN
    after := GREATEST(after, (ledger.last_entry_before(tenant_name, wanted, recorded_from)).version);
  END IF;
  IF recorded_to IS NOT NULL THEN
    last_version := coalesce((ledger.last_entry_before(tenant_name, wanted, recorded_to)).version, 0);
  END IF;
  RETURN QUERY
  SELECT e.version, CASE WHEN e.kind = 'p' THEN e.transfer_id END, e.kind, e.direction, e.amount, e.balance_after,
         coalesce(e.pending_debits_after, 0), coalesce(e.pending_credits_after, 0),
         e.recorded_at, coalesce(e.effective_at, e.recorded_at),
         CASE WHEN e.kind = 'p' THEN e.hold_id ELSE e.transfer_id END
    FROM ledger.account a
    LEFT JOIN LATERAL (
      SELECT n.*, t.effective_at, t.hold_id FROM ledger.entry n
        LEFT JOIN ledger.transfer t ON t.tenant = tenant_name AND t.transfer_id = n.transfer_id
       WHERE n.tenant = tenant_name AND n.account_id = wanted AND n.version > after
         AND (last_version IS NULL OR n.version <= last_version)
         AND (wanted_kind IS NULL OR n.kind::text = wanted_kind)
         AND (wanted_direction IS NULL OR n.direction::text = wanted_direction)
         AND (effective_from IS NULL OR coalesce(t.effective_at, n.recorded_at) >= effective_from)
         AND (effective_to IS NULL OR coalesce(t.effective_at, n.recorded_at) < effective_to)
         AND (amount_from IS NULL OR n.amount >= amount_from)
         AND (amount_to IS NULL OR n.amount <= amount_to)
       ORDER BY n.version
       LIMIT page) AS e ON true
   WHERE a.tenant = tenant_name AND a.account_id = wanted
   ORDER BY e.version;
END $$;

-- What every account adds up to: a page of accounts in id order, then a total for each asset over
-- all of them (no account), all in one snapshot.
CREATE FUNCTION ledger.trial_balance(tenant_name text, after uuid, page integer)
RETURNS TABLE (account_id uuid, name text, asset text, debits numeric, credits numeric)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  RETURN QUERY
  (SELECT a.account_id, d.name, a.asset::text, a.posted_debits::numeric, a.posted_credits::numeric
     FROM ledger.account a
     JOIN ledger.account_detail d ON d.tenant = a.tenant AND d.account_id = a.account_id
    WHERE a.tenant = tenant_name AND (after IS NULL OR a.account_id > after)
    ORDER BY a.account_id
    LIMIT page)
   UNION ALL
  SELECT NULL, NULL, a.asset::text, sum(a.posted_debits), sum(a.posted_credits)
    FROM ledger.account a
   WHERE a.tenant = tenant_name
   GROUP BY a.asset;
END $$;

CREATE FUNCTION ledger.read_assets(tenant_name text, after text, page integer)
RETURNS TABLE (code text, scale smallint) LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  RETURN QUERY
  SELECT s.code::text, s.scale FROM ledger.asset s
   WHERE s.tenant = tenant_name AND (after IS NULL OR s.code > after COLLATE "C")
   ORDER BY s.code
   LIMIT page;
END $$;

-- Creates an asset unless it is there. Answers with the scale that holds, and whether it is new.
CREATE FUNCTION ledger.create_asset(
  tenant_name text, asset_code text, wanted_scale smallint, OUT scale smallint, OUT created boolean)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  INSERT INTO ledger.asset (tenant, code, scale) VALUES (tenant_name, asset_code, wanted_scale)
  ON CONFLICT DO NOTHING;
  created := FOUND;
  SELECT s.scale INTO scale FROM ledger.asset s
   WHERE s.tenant = tenant_name AND s.code = asset_code;
END $$;
