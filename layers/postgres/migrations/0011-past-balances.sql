-- Balances of a past: as they were recorded by a time, and as they were effective at one.
--
-- Times come from outside in whole milliseconds, and a millisecond belongs to whoever names it: everything
-- before `horizon`, the start of the next one, counts. Whoever was told a recorded time, which is cut to
-- milliseconds, finds what was recorded then.
SET LOCAL ROLE atlas_owner;

-- Writes the shifts (see ledger.effective_shift) of those transfers that have an effective_at.
CREATE FUNCTION ledger.shift_effective(
  tenant_name text, written ledger.entry[], transfers ledger.transfer[])
RETURNS void LANGUAGE sql VOLATILE AS $$
  WITH shifts AS (
    SELECT e.account_id, s.at, e.version, e.partition, s.side,
           CASE WHEN (s.side = 'e') = (e.direction = 'c') THEN e.amount ELSE - e.amount END AS amount
      FROM unnest(transfers) AS t
      JOIN unnest(written) AS e ON e.transfer_id = t.transfer_id AND e.kind = 'p'
     CROSS JOIN LATERAL (VALUES (t.effective_at, 'e'::"char"), (e.recorded_at, 'r'::"char")) AS s(at, side)
     WHERE t.effective_at IS NOT NULL
  ), each AS (
    INSERT INTO ledger.effective_shift (account_id, at, version, amount, partition, side, tenant)
    SELECT s.account_id, s.at, s.version, s.amount, s.partition, s.side, tenant_name FROM shifts s
  )
  INSERT INTO ledger.effective_shift_sum AS kept
    (account_id, starts_at, amount, partition, span, tenant)
  SELECT s.account_id, date_trunc(u.unit, s.at, 'UTC'), sum(s.amount), min(s.partition), u.span, tenant_name
    FROM shifts s CROSS JOIN (VALUES ('hour', 'h'::"char"), ('month', 'm'::"char")) AS u(unit, span)
   GROUP BY s.account_id, date_trunc(u.unit, s.at, 'UTC'), u.span
  ON CONFLICT (tenant, account_id, span, starts_at) DO UPDATE SET amount = kept.amount + EXCLUDED.amount
$$;

-- The last entry before the horizon; null where there is none. Recorded times never go back along the
-- versions of an account, so it is found by halving them: about 20 looks at the key for a million
-- entries. A version without an entry (a freeze) is passed over to the next one.
CREATE FUNCTION ledger.last_entry_before(tenant_name text, wanted uuid, horizon timestamptz)
RETURNS ledger.entry LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  low bigint := 1;
  high bigint;
  middle bigint;
  probe ledger.entry;
  found_entry ledger.entry;
BEGIN
  SELECT * INTO probe FROM ledger.entry e
   WHERE e.tenant = tenant_name AND e.account_id = wanted ORDER BY e.version DESC LIMIT 1;
  IF probe.recorded_at < horizon THEN
    RETURN probe;
  END IF;
  high := coalesce(probe.version, 2) - 1;
  WHILE low < high LOOP
    middle := (low + high + 1) / 2;
    SELECT * INTO probe FROM ledger.entry e
     WHERE e.tenant = tenant_name AND e.account_id = wanted AND e.version >= middle
     ORDER BY e.version LIMIT 1;
    IF probe.recorded_at < horizon THEN
      found_entry := probe;
      low := probe.version;
    ELSE
      high := middle - 1;
    END IF;
  END LOOP;
  RETURN found_entry;
END $$;

-- What the ledger knew of an account by `as_of`. No row: no such account. Outcome 'before-opening' or
-- 'in-future', or 'found' with the last entry's figures; an account without entries has version 1.
--
-- A later entry with a later time settles it, since times never go back. Without one, a writer may be
-- under way with an earlier time: so the account's lock is waited for, shared, once the horizon has
-- passed. Whoever gets the lock afterwards takes a time after the horizon.
CREATE FUNCTION ledger.balance_as_of(tenant_name text, wanted uuid, as_of timestamptz)
RETURNS TABLE (
  outcome text, asset text, opened_at timestamptz, version bigint, balance bigint,
  pending_debits bigint, pending_credits bigint, recorded_at timestamptz)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  horizon CONSTANT timestamptz := as_of + interval '1 millisecond';
  settled boolean;
  past ledger.entry;
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  SELECT a.asset, d.opened_at, a.recorded_at >= horizon INTO asset, opened_at, settled
    FROM ledger.account a
    JOIN ledger.account_detail d ON d.tenant = a.tenant AND d.account_id = a.account_id
   WHERE a.tenant = tenant_name AND a.account_id = wanted;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  outcome := CASE WHEN as_of > clock_timestamp() THEN 'in-future'
                  WHEN horizon <= opened_at THEN 'before-opening'
                  ELSE 'found' END;
  IF outcome <> 'found' THEN
    RETURN NEXT;
    RETURN;
  END IF;
  IF NOT settled THEN
    PERFORM pg_sleep(GREATEST(0, extract(epoch FROM horizon - clock_timestamp())));
    PERFORM pg_advisory_xact_lock_shared(ledger.account_lock(tenant_name, wanted));
  END IF;
  past := ledger.last_entry_before(tenant_name, wanted, horizon);
  version := coalesce(past.version, 1);
  balance := coalesce(past.balance_after, 0);
  pending_debits := coalesce(past.pending_debits_after, 0);
  pending_credits := coalesce(past.pending_credits_after, 0);
  recorded_at := coalesce(past.recorded_at, opened_at);
  RETURN NEXT;
END $$;

-- What was effective at a business time, as far as is known now; it may lie before the opening, and in
-- the future. No row: no such account. The lock makes one point in time of the two reads.
CREATE FUNCTION ledger.balance_effective_at(tenant_name text, wanted uuid, effective timestamptz)
RETURNS TABLE (asset text, version bigint, balance numeric, recorded_at timestamptz)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  horizon CONSTANT timestamptz := effective + interval '1 millisecond';
  this_month CONSTANT timestamptz := date_trunc('month', horizon, 'UTC');
  this_hour CONSTANT timestamptz := date_trunc('hour', horizon, 'UTC');
  past ledger.entry;
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  PERFORM pg_advisory_xact_lock_shared(ledger.account_lock(tenant_name, wanted));
  past := ledger.last_entry_before(tenant_name, wanted, horizon);
  RETURN QUERY
  SELECT a.asset::text, a.version,
         coalesce(past.balance_after, 0)
         + coalesce((SELECT sum(s.amount) FROM ledger.effective_shift_sum s
                      WHERE s.tenant = tenant_name AND s.account_id = wanted
                        AND s.span = 'm' AND s.starts_at < this_month), 0)
         + coalesce((SELECT sum(s.amount) FROM ledger.effective_shift_sum s
                      WHERE s.tenant = tenant_name AND s.account_id = wanted
                        AND s.span = 'h' AND s.starts_at >= this_month AND s.starts_at < this_hour), 0)
         + coalesce((SELECT sum(s.amount) FROM ledger.effective_shift s
                      WHERE s.tenant = tenant_name AND s.account_id = wanted
                        AND s.at >= this_hour AND s.at < horizon), 0),
         a.recorded_at
    FROM ledger.account a
   WHERE a.tenant = tenant_name AND a.account_id = wanted;
END $$;
