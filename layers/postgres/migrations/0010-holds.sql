-- Holds: pending postings, which reserve until they are captured, voided or expired. What a hold does
-- to its two accounts is written by one function, whatever the occasion.
--
-- Locks, in this order: the key, the partitions (shared), the two accounts in id order. Whoever changes
-- a hold has the locks of both its accounts, which never change: so of a capture, a void and the expiry
-- that race, the first decides, and the others read what it left. The time is taken under these locks.
SET LOCAL ROLE atlas_owner;

CREATE DOMAIN ledger.hold_status AS "char" CHECK (VALUE IN ('p', 'c', 'v', 'x'));

CREATE TABLE ledger.hold (
  hold_id          uuid        NOT NULL,
  debit_account    uuid        NOT NULL,
  credit_account   uuid        NOT NULL,
  amount           ledger.amount NOT NULL,
  captured         ledger.total NOT NULL DEFAULT 0,
  version          bigint      NOT NULL DEFAULT 1,
  placed_at        timestamptz NOT NULL,
  expires_at       timestamptz,
  partition        smallint    NOT NULL,
  credit_partition smallint    NOT NULL,
  status           ledger.hold_status NOT NULL DEFAULT 'p',
  tenant           text COLLATE "C" NOT NULL,
  asset            text COLLATE "C" NOT NULL,
  reference        text,
  metadata         jsonb       NOT NULL DEFAULT '{}',
  PRIMARY KEY (tenant, hold_id),
  CHECK (debit_account <> credit_account),
  CHECK (captured <= amount)
);
-- What the job looks for; a hold leaves this index when it ends.
CREATE INDEX hold_by_expiry ON ledger.hold (expires_at) WHERE status = 'p' AND expires_at IS NOT NULL;

ALTER TABLE ledger.hold ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger.hold FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON ledger.hold TO atlas_api
  USING (tenant = current_setting('atlas.tenant', true))
  WITH CHECK (tenant = current_setting('atlas.tenant', true));
GRANT SELECT, INSERT, UPDATE (captured, version, status) ON ledger.hold TO atlas_api;

-- A job finds out for which tenant there is work, and then does it as that tenant.
CREATE POLICY jobs_find_due ON ledger.hold FOR SELECT TO atlas_jobs
  USING (status = 'p' AND expires_at IS NOT NULL);

-- A hold as JSON with text amounts, as answers store it.
CREATE FUNCTION ledger.hold_json(h ledger.hold) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'holdId', h.hold_id, 'debitAccountId', h.debit_account, 'creditAccountId', h.credit_account,
    'asset', h.asset, 'amountMinor', h.amount::text, 'capturedMinor', h.captured::text,
    'status', h.status, 'version', h.version::text, 'expiresAt', h.expires_at,
    'reference', h.reference, 'metadata', h.metadata, 'placedAt', h.placed_at)
$$;

-- What a hold request is answered: the hold, the transfer of a capture, and both accounts.
CREATE FUNCTION ledger.hold_answer(h ledger.hold, captured_by uuid)
RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('hold', ledger.hold_json(h), 'transferId', captured_by,
    'balances', jsonb_agg(jsonb_build_object('accountId', a.account_id, 'version', a.version::text,
      'balanceMinor', (a.posted_credits - a.posted_debits)::text,
      'availableMinor', (a.posted_credits - a.posted_debits - a.pending_debits)::text)
      ORDER BY a.account_id = h.credit_account))
    FROM ledger.account a
   WHERE a.tenant = h.tenant AND a.account_id IN (h.debit_account, h.credit_account)
$$;

CREATE FUNCTION ledger.lock_accounts(tenant_name text, one uuid, other uuid)
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(ledger.account_lock(tenant_name, LEAST(one, other)));
  PERFORM pg_advisory_xact_lock(ledger.account_lock(tenant_name, GREATEST(one, other)));
END $$;

-- Now, and not before the last change to either account. For a caller who has their locks.
CREATE FUNCTION ledger.time_of_change(tenant_name text, one uuid, other uuid)
RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
  SELECT GREATEST(clock_timestamp(), max(a.recorded_at)) FROM ledger.account a
   WHERE a.tenant = tenant_name AND a.account_id IN (one, other)
$$;

-- Adds to what is pending on both accounts ('h'), or takes off it ('r'): the totals, an entry each, and
-- its event.
CREATE FUNCTION ledger.enter_pending(
  h ledger.hold, entry_kind "char", quantity bigint, moment timestamptz, trace_text text)
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  change CONSTANT bigint := CASE entry_kind WHEN 'h' THEN quantity ELSE -quantity END;
BEGIN
  WITH changed AS (
    UPDATE ledger.account a
       SET pending_debits =
             a.pending_debits + CASE a.account_id WHEN h.debit_account THEN change ELSE 0 END,
           pending_credits =
             a.pending_credits + CASE a.account_id WHEN h.credit_account THEN change ELSE 0 END,
           version = a.version + 1, recorded_at = moment
     WHERE a.tenant = h.tenant AND a.account_id IN (h.debit_account, h.credit_account)
    RETURNING a.*
  ), entries AS (
    INSERT INTO ledger.entry (account_id, transfer_id, version, amount, balance_after, recorded_at,
      partition, kind, direction, tenant, pending_debits_after, pending_credits_after)
    SELECT c.account_id, h.hold_id, c.version, quantity, c.posted_credits - c.posted_debits, moment,
           c.partition, entry_kind, CASE c.account_id WHEN h.debit_account THEN 'd' ELSE 'c' END::"char",
           h.tenant, nullif(c.pending_debits, 0), nullif(c.pending_credits, 0)
      FROM changed c
  )
  INSERT INTO ledger.outbox
    (aggregate_id, written_at, partition, slot, kind, tenant, trace, event_type, payload)
  SELECT c.account_id, moment, c.partition, ledger.slot_of(c.partition), 'a', h.tenant, trace_text,
         'AccountEntered',
         jsonb_build_object('accountId', c.account_id, 'tenant', h.tenant, 'version', c.version::text,
           'recordedAt', moment, 'transferId', NULL, 'holdId', h.hold_id, 'asset', h.asset,
           'kind', CASE entry_kind WHEN 'h' THEN 'pending' ELSE 'released' END,
           'direction', CASE c.account_id WHEN h.debit_account THEN 'debit' ELSE 'credit' END,
           'amount', quantity::text, 'balanceAfter', (c.posted_credits - c.posted_debits)::text,
           'pendingDebitsAfter', c.pending_debits::text,
           'pendingCreditsAfter', c.pending_credits::text, 'effectiveAt', moment)
    FROM changed c
   ORDER BY c.account_id = h.credit_account;
END $$;

CREATE FUNCTION ledger.tell_of_hold(
  h ledger.hold, type text, moment timestamptz, trace_text text, facts jsonb)
RETURNS void LANGUAGE sql VOLATILE AS $$
  INSERT INTO ledger.outbox
    (aggregate_id, written_at, partition, slot, kind, tenant, trace, event_type, payload)
  VALUES (h.hold_id, moment, h.partition, ledger.slot_of(h.partition), 'a', h.tenant, trace_text, type,
    facts || jsonb_build_object('holdId', h.hold_id, 'tenant', h.tenant, 'version', h.version::text,
      'recordedAt', moment))
$$;

-- Refused as the transfer would be that posts it at once, in the same order; then where it would be
-- expired already. What needs no account to be read comes with the caller (see ledger.post_many).
CREATE FUNCTION ledger.place_hold(
  tenant_name text, key uuid, request uuid, home smallint, partitions smallint[], epochs bigint[],
  new_hold uuid, born smallint, credit_partition smallint, debit uuid, credit uuid, quantity bigint,
  expires timestamptz, reference_text text, metadata_json jsonb, refusal jsonb, trace_text text)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  greatest_total CONSTANT numeric := 9223372036854775807;
  d ledger.account;
  c ledger.account;
  moment timestamptz;
  h ledger.hold;
  result ledger.written;
BEGIN
  result := ledger.begin_request(tenant_name, key, request, partitions, epochs);
  IF result.outcome IS NOT NULL THEN
    RETURN result;
  END IF;
  IF refusal IS NULL THEN
    PERFORM ledger.lock_accounts(tenant_name, debit, credit);
    SELECT * INTO d FROM ledger.account a WHERE a.tenant = tenant_name AND a.account_id = debit;
    SELECT * INTO c FROM ledger.account a WHERE a.tenant = tenant_name AND a.account_id = credit;
    moment := GREATEST(clock_timestamp(), d.recorded_at, c.recorded_at);
    refusal := CASE
      WHEN d.account_id IS NULL THEN jsonb_build_object('code', 'account-not-found', 'accountId', debit)
      WHEN c.account_id IS NULL THEN jsonb_build_object('code', 'account-not-found', 'accountId', credit)
      WHEN d.status = 'c' THEN jsonb_build_object('code', 'account-closed', 'accountId', debit)
      WHEN d.status = 'f' THEN jsonb_build_object('code', 'account-frozen', 'accountId', debit)
      WHEN c.status = 'c' THEN jsonb_build_object('code', 'account-closed', 'accountId', credit)
      WHEN c.status = 'f' THEN jsonb_build_object('code', 'account-frozen', 'accountId', credit)
      WHEN d.asset <> c.asset THEN jsonb_build_object('code', 'asset-mismatch',
        'debitAccountId', debit, 'creditAccountId', credit)
      WHEN d.posted_debits::numeric + d.pending_debits + quantity > greatest_total
        THEN jsonb_build_object('code', 'amount-overflow', 'accountId', debit)
      WHEN c.posted_credits::numeric + c.pending_credits + quantity > greatest_total
        THEN jsonb_build_object('code', 'amount-overflow', 'accountId', credit)
      WHEN d.posted_credits::numeric - d.posted_debits - d.pending_debits - quantity < d.min_balance
        THEN jsonb_build_object('code', 'insufficient-funds', 'accountId', debit,
          'availableMinor', (d.posted_credits::numeric - d.posted_debits - d.pending_debits)::text,
          'minBalanceMinor', d.min_balance::text)
      WHEN c.posted_credits::numeric - c.posted_debits + c.pending_credits + quantity > c.max_balance
        THEN jsonb_build_object('code', 'balance-limit-exceeded', 'accountId', credit,
          'balanceMinor', (c.posted_credits - c.posted_debits)::text,
          'maxBalanceMinor', c.max_balance::text)
      WHEN expires <= moment THEN jsonb_build_object('code', 'expiry-passed')
    END;
  END IF;
  IF refusal IS NOT NULL THEN
    RETURN ledger.keep_answer(tenant_name, key, request, home, refusal);
  END IF;

  INSERT INTO ledger.hold (hold_id, debit_account, credit_account, amount, placed_at, expires_at,
    partition, credit_partition, tenant, asset, reference, metadata)
  VALUES (new_hold, debit, credit, quantity, moment, expires, born, credit_partition, tenant_name, d.asset,
    reference_text, metadata_json)
  RETURNING * INTO h;
  PERFORM ledger.tell_of_hold(h, 'HoldPlaced', moment, trace_text, jsonb_build_object(
    'debitAccountId', debit, 'creditAccountId', credit, 'asset', h.asset, 'amount', quantity::text,
    'expiresAt', expires, 'reference', reference_text, 'metadata', metadata_json));
  PERFORM ledger.enter_pending(h, 'h', quantity, moment, trace_text);
  RETURN ledger.keep_answer(tenant_name, key, request, home, ledger.hold_answer(h, NULL));
END $$;

-- A hold that can still be captured or voided, under the locks of its accounts; or why it cannot.
CREATE FUNCTION ledger.find_pending(
  tenant_name text, target uuid, OUT h ledger.hold, OUT moment timestamptz, OUT refusal jsonb)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  SELECT * INTO h FROM ledger.hold o WHERE o.tenant = tenant_name AND o.hold_id = target;
  IF h.hold_id IS NULL THEN
    refusal := jsonb_build_object('code', 'hold-not-found', 'holdId', target);
    RETURN;
  END IF;
  PERFORM ledger.lock_accounts(tenant_name, h.debit_account, h.credit_account);
  SELECT * INTO h FROM ledger.hold o WHERE o.tenant = tenant_name AND o.hold_id = target;
  moment := ledger.time_of_change(tenant_name, h.debit_account, h.credit_account);
  IF h.status <> 'p' OR h.expires_at <= moment THEN
    refusal := jsonb_build_object('code', 'hold-settled', 'holdId', target, 'status',
      CASE h.status WHEN 'c' THEN 'captured' WHEN 'v' THEN 'voided' ELSE 'expired' END);
  END IF;
END $$;

-- Posts what is captured, all that remains where `wanted` is null, as a transfer; takes it off what is
-- pending first, with the rest of it if this is the final capture. Limits were checked when the
-- hold was placed, and no later transfer can have used what it reserved.
CREATE FUNCTION ledger.capture_hold(
  tenant_name text, key uuid, request uuid, home smallint, partitions smallint[], epochs bigint[],
  target uuid, new_transfer uuid, wanted bigint, is_final boolean, trace_text text)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  found record;
  h ledger.hold;
  refusal jsonb;
  remaining bigint;
  quantity bigint;
  is_end boolean;
  result ledger.written;
BEGIN
  result := ledger.begin_request(tenant_name, key, request, partitions, epochs);
  IF result.outcome IS NOT NULL THEN
    RETURN result;
  END IF;
  SELECT * INTO found FROM ledger.find_pending(tenant_name, target);
  h := found.h;
  refusal := found.refusal;
  remaining := h.amount - h.captured;
  quantity := coalesce(wanted, remaining);
  IF refusal IS NULL AND quantity > remaining THEN
    refusal := jsonb_build_object('code', 'capture-exceeds-hold', 'holdId', target,
      'remainingMinor', remaining::text);
  END IF;
  IF refusal IS NOT NULL THEN
    RETURN ledger.keep_answer(tenant_name, key, request, home, refusal);
  END IF;

  is_end := is_final OR quantity = remaining;
  UPDATE ledger.hold o
     SET captured = o.captured + quantity, version = o.version + 1,
         status = CASE WHEN is_end THEN 'c' ELSE 'p' END::"char"
   WHERE o.tenant = tenant_name AND o.hold_id = target
  RETURNING * INTO h;
  PERFORM ledger.tell_of_hold(h, 'HoldCaptured', found.moment, trace_text, jsonb_build_object(
    'transferId', new_transfer, 'amount', quantity::text,
    'released', CASE WHEN is_end THEN remaining - quantity ELSE 0 END::text,
    'remaining', CASE WHEN is_end THEN 0 ELSE remaining - quantity END::text));
  PERFORM ledger.enter_pending(h, 'r', CASE WHEN is_end THEN remaining ELSE quantity END, found.moment, trace_text);

  WITH changed AS (
    UPDATE ledger.account a
       SET posted_debits =
             a.posted_debits + CASE a.account_id WHEN h.debit_account THEN quantity ELSE 0 END,
           posted_credits =
             a.posted_credits + CASE a.account_id WHEN h.credit_account THEN quantity ELSE 0 END,
           version = a.version + 1, recorded_at = found.moment
     WHERE a.tenant = tenant_name AND a.account_id IN (h.debit_account, h.credit_account)
    RETURNING a.*
  ), transfers AS (
    INSERT INTO ledger.transfer (transfer_id, debit_account, credit_account, amount, debit_version,
      credit_version, recorded_at, partition, postings, tenant, reference, metadata, hold_id)
    SELECT new_transfer, h.debit_account, h.credit_account, quantity, d.version, c.version, found.moment,
           h.partition, 1, tenant_name, h.reference, nullif(h.metadata, '{}'), target
      FROM changed d, changed c
     WHERE d.account_id = h.debit_account AND c.account_id = h.credit_account
  )
  INSERT INTO ledger.entry (account_id, transfer_id, version, amount, balance_after, recorded_at,
    partition, kind, direction, tenant, pending_debits_after, pending_credits_after)
  SELECT e.account_id, new_transfer, e.version, quantity, e.posted_credits - e.posted_debits, found.moment,
         e.partition, 'p', CASE e.account_id WHEN h.debit_account THEN 'd' ELSE 'c' END::"char",
         tenant_name, nullif(e.pending_debits, 0), nullif(e.pending_credits, 0)
    FROM changed e;
  INSERT INTO ledger.outbox (aggregate_id, written_at, partition, slot, kind, tenant, trace)
  SELECT new_transfer, found.moment, touched.partition, ledger.slot_of(touched.partition), 't', tenant_name,
         trace_text
    FROM (SELECT h.partition UNION SELECT h.credit_partition) AS touched(partition)
   ORDER BY touched.partition <> h.partition;
  RETURN ledger.keep_answer(tenant_name, key, request, home, ledger.hold_answer(h, new_transfer));
END $$;

-- Ends a pending hold without another posting. For a caller who has the locks of its accounts.
CREATE FUNCTION ledger.release_hold(
  tenant_name text, target uuid, ended "char", moment timestamptz, trace_text text)
RETURNS ledger.hold LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  h ledger.hold;
  remaining bigint;
BEGIN
  UPDATE ledger.hold o SET status = ended, version = o.version + 1
   WHERE o.tenant = tenant_name AND o.hold_id = target
  RETURNING * INTO h;
  remaining := h.amount - h.captured;
  PERFORM ledger.tell_of_hold(h, CASE ended WHEN 'v' THEN 'HoldVoided' ELSE 'HoldExpired' END, moment,
    trace_text, jsonb_build_object('released', remaining::text));
  PERFORM ledger.enter_pending(h, 'r', remaining, moment, trace_text);
  RETURN h;
END $$;

CREATE FUNCTION ledger.void_hold(
  tenant_name text, key uuid, request uuid, home smallint, partitions smallint[], epochs bigint[],
  target uuid, trace_text text)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  found record;
  h ledger.hold;
  answer jsonb;
  result ledger.written;
BEGIN
  result := ledger.begin_request(tenant_name, key, request, partitions, epochs);
  IF result.outcome IS NOT NULL THEN
    RETURN result;
  END IF;
  SELECT * INTO found FROM ledger.find_pending(tenant_name, target);
  answer := found.refusal;
  IF answer IS NULL THEN
    -- Two statements, because the answer must see what the release has written.
    h := ledger.release_hold(tenant_name, target, 'v', found.moment, trace_text);
    answer := ledger.hold_answer(h, NULL);
  END IF;
  RETURN ledger.keep_answer(tenant_name, key, request, home, answer);
END $$;

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
  h ledger.hold;
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  PERFORM ledger.hold_partitions(partitions, epochs);
  SELECT * INTO h FROM ledger.hold o WHERE o.tenant = tenant_name AND o.hold_id = target;
  PERFORM ledger.lock_accounts(tenant_name, h.debit_account, h.credit_account);
  PERFORM FROM ledger.hold o
    WHERE o.tenant = tenant_name AND o.hold_id = target AND o.status = 'p'
      AND o.expires_at <= clock_timestamp();
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM ledger.release_hold(tenant_name, target, 'x',
    ledger.time_of_change(tenant_name, h.debit_account, h.credit_account), trace_text);
  RETURN true;
END $$;
