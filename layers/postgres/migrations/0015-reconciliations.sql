-- Statements from outside, compared with what was posted. What is compared is read in one round trip, the
-- comparison is made by the domain, and its result is stored with the request's key. Rows are born in the
-- account's partition. Locks: the guards' (key, partitions), and no account: entries never change, so a result
-- names the version of the account up to which it is complete.
SET LOCAL ROLE atlas_owner;

-- Immutable. Sums of amounts can leave the range of bigint.
CREATE TABLE ledger.reconciliation (
  reconciliation_id uuid        NOT NULL,
  account_id        uuid        NOT NULL,
  account_version   bigint      NOT NULL,
  created_at        timestamptz NOT NULL,
  period_from       date        NOT NULL,
  period_to         date        NOT NULL,
  lines             integer     NOT NULL CHECK (lines >= 0),
  matched           integer     NOT NULL CHECK (matched >= 0),
  missing           integer     NOT NULL CHECK (missing >= 0),
  extra             integer     NOT NULL CHECK (extra >= 0),
  date_window_days  smallint    NOT NULL CHECK (date_window_days BETWEEN 0 AND 30),
  partition         smallint    NOT NULL,
  inverted          boolean     NOT NULL,
  matched_amount    numeric     NOT NULL,
  missing_amount    numeric     NOT NULL,
  extra_amount      numeric     NOT NULL,
  tenant            text COLLATE "C" NOT NULL,
  asset             text COLLATE "C" NOT NULL,
  format            text        NOT NULL CHECK (format IN ('csv', 'camt053')),
  reference_rule    text        NOT NULL CHECK (reference_rule IN ('required', 'preferred', 'ignored')),
  upload_id         text        NOT NULL,
  PRIMARY KEY (tenant, reconciliation_id),
  CHECK (lines = matched + missing),
  CHECK (period_from <= period_to)
);
CREATE INDEX reconciliation_by_account ON ledger.reconciliation (tenant, account_id, reconciliation_id);

-- A line, an entry, or both: 'm' matched, 'l' a line that the ledger misses, 'e' an entry that is extra. Its only
-- writer writes it with the reconciliation, so there is no foreign key between them.
CREATE TABLE ledger.reconciliation_item (
  reconciliation_id uuid     NOT NULL,
  transfer_id       uuid,
  line_amount       bigint,
  entry_version     bigint,
  entry_amount      bigint,
  effective_at      timestamptz,
  ordinal           integer  NOT NULL CHECK (ordinal > 0),
  line_number       integer,
  line_date         date,
  partition         smallint NOT NULL,
  outcome           "char"   NOT NULL CHECK (outcome IN ('m', 'l', 'e')),
  tenant            text COLLATE "C" NOT NULL,
  line_reference    text,
  entry_reference   text,
  PRIMARY KEY (tenant, reconciliation_id, ordinal),
  CHECK (num_nonnulls(line_number, line_date, line_amount) = CASE outcome WHEN 'e' THEN 0 ELSE 3 END),
  CHECK (num_nonnulls(entry_version, transfer_id, entry_amount, effective_at)
         = CASE outcome WHEN 'l' THEN 0 ELSE 4 END),
  CHECK (outcome <> 'm' OR line_amount = entry_amount)
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['reconciliation', 'reconciliation_item'] LOOP
    EXECUTE format('ALTER TABLE ledger.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE ledger.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format($p$CREATE POLICY own_tenant ON ledger.%I TO atlas_api
      USING (tenant = current_setting('atlas.tenant', true))
      WITH CHECK (tenant = current_setting('atlas.tenant', true))$p$, name);
    EXECUTE format('GRANT SELECT, INSERT ON ledger.%I TO atlas_api', name);
  END LOOP;
END $$;

-- What the key was answered before, or else the account's asset (null: no such account). The key's lock is not
-- taken: whoever goes on meets it again when he records the result.
CREATE FUNCTION ledger.begin_reconciliation(tenant_name text, key uuid, request uuid, wanted uuid)
RETURNS TABLE (outcome text, detail text, asset text, scale smallint) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  earlier ledger.written;
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  earlier := ledger.look_up_key(tenant_name, key, request);
  IF earlier.outcome IN ('replayed', 'refused-again', 'reused') THEN
    RETURN QUERY SELECT earlier.outcome, earlier.detail, NULL::text, NULL::smallint;
    RETURN;
  END IF;
  RETURN QUERY
  SELECT 'new', NULL::text, s.code::text, s.scale
    FROM (VALUES (1)) AS always(one)
    LEFT JOIN ledger.account a ON a.tenant = tenant_name AND a.account_id = wanted
    LEFT JOIN ledger.asset s ON s.tenant = tenant_name AND s.code = a.asset;
END $$;

-- The posted entries that were effective within a time, at most so many, with the version of the account up to
-- which they are complete. No row: no such account; one row without a version: no entry. No locks: versions
-- become visible in their order, so whoever sees the account at one sees all entries up to it.
--
-- What has no business time of its own is found by its recorded time, which is a range of the key; what has one,
-- by its shift. Neither looks at the rest of the history.
CREATE FUNCTION ledger.entries_to_reconcile(
  tenant_name text, wanted uuid, from_time timestamptz, to_time timestamptz, most integer)
RETURNS TABLE (
  account_version bigint, version bigint, transfer_id uuid, amount bigint,
  effective_at timestamptz, reference text)
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  seen bigint;
  first_version bigint;
  last_version bigint;
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  SELECT a.version INTO seen FROM ledger.account a
   WHERE a.tenant = tenant_name AND a.account_id = wanted;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  first_version := coalesce((ledger.last_entry_before(tenant_name, wanted, from_time)).version, 0) + 1;
  last_version := LEAST(
    seen, coalesce((ledger.last_entry_before(tenant_name, wanted, to_time)).version, 0));
  RETURN QUERY
  SELECT seen, f.version, f.transfer_id,
         CASE WHEN f.direction = 'c' THEN f.amount ELSE - f.amount END, f.effective_at, f.reference
    FROM (VALUES (1)) AS always(one)
    LEFT JOIN LATERAL (
      (SELECT e.version::bigint, e.transfer_id, e.direction, e.amount::bigint,
              e.recorded_at AS effective_at, t.reference
         FROM ledger.entry e
         JOIN ledger.transfer t ON t.tenant = tenant_name AND t.transfer_id = e.transfer_id
        WHERE e.tenant = tenant_name AND e.account_id = wanted AND e.kind = 'p'
          AND e.version BETWEEN first_version AND last_version AND t.effective_at IS NULL
        ORDER BY e.version
        LIMIT most)
       UNION ALL
      (SELECT e.version::bigint, e.transfer_id, e.direction, e.amount::bigint, s.at, t.reference
         FROM ledger.effective_shift s
         JOIN ledger.entry e
           ON e.tenant = tenant_name AND e.account_id = wanted AND e.version = s.version
         JOIN ledger.transfer t ON t.tenant = tenant_name AND t.transfer_id = e.transfer_id
        WHERE s.tenant = tenant_name AND s.account_id = wanted AND s.side = 'e'
          AND s.at >= from_time AND s.at < to_time AND s.version <= seen
        ORDER BY s.at, s.version
        LIMIT most)) AS f ON true
   LIMIT most;
END $$;

-- A reconciliation as JSON with text amounts: what is stored as an answer, and read.
CREATE FUNCTION ledger.reconciliation_json(r ledger.reconciliation)
RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'reconciliationId', r.reconciliation_id, 'accountId', r.account_id, 'asset', r.asset,
    'accountVersion', r.account_version::text, 'uploadId', r.upload_id, 'format', r.format,
    'dateWindowDays', r.date_window_days, 'reference', r.reference_rule, 'inverted', r.inverted,
    'periodFrom', r.period_from, 'periodTo', r.period_to,
    'lines', r.lines, 'matched', r.matched, 'missing', r.missing, 'extra', r.extra,
    'matchedMinor', r.matched_amount::text, 'missingMinor', r.missing_amount::text,
    'extraMinor', r.extra_amount::text, 'createdAt', r.created_at)
$$;

-- Stores a reconciliation with its items, or a refusal, and the answer under the key. The trace is what every
-- writing function takes; nothing is published of this.
CREATE FUNCTION ledger.record_reconciliation(
  tenant_name text, key uuid, request uuid, home smallint,
  partitions smallint[], epochs bigint[],
  refusal jsonb, wanted uuid, new_reconciliation uuid, born smallint,
  facts jsonb, items json, trace_text text)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  asset_code text;
  stored ledger.reconciliation;
  result ledger.written;
BEGIN
  result := ledger.begin_request(tenant_name, key, request, partitions, epochs);
  IF result.outcome IS NOT NULL THEN
    RETURN result;
  END IF;
  IF refusal IS NOT NULL THEN
    RETURN ledger.keep_answer(tenant_name, key, request, home, refusal);
  END IF;
  SELECT a.asset INTO asset_code FROM ledger.account a
   WHERE a.tenant = tenant_name AND a.account_id = wanted;
  IF NOT FOUND THEN
    RETURN ledger.keep_answer(tenant_name, key, request, home,
      jsonb_build_object('code', 'account-not-found', 'accountId', wanted));
  END IF;
  INSERT INTO ledger.reconciliation_item
    (reconciliation_id, ordinal, partition, tenant, outcome, line_number, line_date, line_amount,
     line_reference, entry_version, transfer_id, entry_amount, effective_at, entry_reference)
  SELECT new_reconciliation, i.ordinal, born, tenant_name, i.outcome, i.line_number, i.line_date,
         i.line_amount, i.line_reference, i.entry_version, i.transfer_id, i.entry_amount,
         i.effective_at, i.entry_reference
    FROM json_to_recordset(items) AS i(
      ordinal integer, outcome "char", line_number integer, line_date date, line_amount bigint,
      line_reference text, entry_version bigint, transfer_id uuid, entry_amount bigint,
      effective_at timestamptz, entry_reference text);
  INSERT INTO ledger.reconciliation
    (reconciliation_id, account_id, account_version, created_at, period_from, period_to, lines, matched,
     missing, extra, matched_amount, missing_amount, extra_amount, date_window_days, partition,
     inverted, tenant, asset, format, reference_rule, upload_id)
  SELECT new_reconciliation, wanted, (facts->>'accountVersion')::bigint, clock_timestamp(),
         (facts->>'periodFrom')::date, (facts->>'periodTo')::date,
         count(*) FILTER (WHERE i.outcome <> 'e'), count(*) FILTER (WHERE i.outcome = 'm'),
         count(*) FILTER (WHERE i.outcome = 'l'), count(*) FILTER (WHERE i.outcome = 'e'),
         coalesce(sum(i.line_amount) FILTER (WHERE i.outcome = 'm'), 0),
         coalesce(sum(i.line_amount) FILTER (WHERE i.outcome = 'l'), 0),
         coalesce(sum(i.entry_amount) FILTER (WHERE i.outcome = 'e'), 0),
         (facts->>'dateWindowDays')::smallint, born, (facts->>'inverted')::boolean, tenant_name,
         asset_code, facts->>'format', facts->>'reference', facts->>'uploadId'
    FROM ledger.reconciliation_item i
   WHERE i.tenant = tenant_name AND i.reconciliation_id = new_reconciliation
  RETURNING * INTO stored;
  RETURN ledger.keep_answer(
    tenant_name, key, request, home, ledger.reconciliation_json(stored));
END $$;

-- One reconciliation, or (wanted null) a page in id order.
CREATE FUNCTION ledger.read_reconciliations(
  tenant_name text, wanted uuid, after uuid, page integer, filter jsonb DEFAULT '{}')
RETURNS SETOF jsonb LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  of_account CONSTANT uuid := filter->>'accountId';
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  RETURN QUERY
  SELECT ledger.reconciliation_json(r)
    FROM ledger.reconciliation r
   WHERE r.tenant = tenant_name
     AND (wanted IS NULL OR r.reconciliation_id = wanted)
     AND (after IS NULL OR r.reconciliation_id > after)
     AND (of_account IS NULL OR r.account_id = of_account)
   ORDER BY r.reconciliation_id
   LIMIT page;
END $$;

-- A page of items in their order. No row: no such reconciliation; one row without an ordinal: nothing after
-- the one given.
CREATE FUNCTION ledger.read_reconciliation_items(
  tenant_name text, wanted uuid, after integer, page integer, wanted_outcome text)
RETURNS TABLE (
  ordinal integer, outcome "char", line_number integer, line_date text, line_amount bigint,
  line_reference text, entry_version bigint, transfer_id uuid, entry_amount bigint,
  effective_at timestamptz, entry_reference text)
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  RETURN QUERY
  SELECT i.ordinal, i.outcome, i.line_number, i.line_date::text, i.line_amount, i.line_reference,
         i.entry_version, i.transfer_id, i.entry_amount, i.effective_at, i.entry_reference
    FROM ledger.reconciliation r
    LEFT JOIN LATERAL (
      SELECT * FROM ledger.reconciliation_item n
       WHERE n.tenant = tenant_name AND n.reconciliation_id = wanted AND n.ordinal > after
         AND (wanted_outcome IS NULL OR n.outcome::text = wanted_outcome)
       ORDER BY n.ordinal
       LIMIT page) AS i ON true
   WHERE r.tenant = tenant_name AND r.reconciliation_id = wanted
   ORDER BY i.ordinal;
END $$;
