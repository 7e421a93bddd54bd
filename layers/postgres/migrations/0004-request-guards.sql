-- What every write does first. Lock order everywhere: key, partitions, accounts.
SET LOCAL ROLE atlas_owner;

-- The outcome of a write. `outcome` is 'done', 'replayed', 'refused', 'refused-again', 'in-flight'
-- or 'reused'; `detail` is the refusal, or the stored answer. Arrays follow the touched accounts in
-- the order of first mention; `figures` are the version, the balance and what is available of each in
-- turn: one array is read faster than three.
CREATE TYPE ledger.written AS (
  outcome     text,
  detail      text,
  transfer_id uuid,
  recorded_at timestamptz,
  figures     bigint[],
  assets      text[]
);

-- The lock of a key, which is the hash of a tenant and what it chose: tenants may choose alike without
-- meeting. It is only tried: somebody who holds it is in flight, and waiting for him would hold a
-- connection. Two keys share a lock once in 2^64; the later one would then be told "in flight".
CREATE FUNCTION ledger.key_lock(key uuid) RETURNS bigint
LANGUAGE sql IMMUTABLE RETURN uuid_hash_extended(key, 1);

-- What became of a request under this key, whose lock is held; null: nothing.
CREATE FUNCTION ledger.look_up_key(tenant_name text, key uuid, request uuid)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  found_key ledger.idempotency_key;
  answer ledger.written;
BEGIN
  SELECT k.* INTO found_key FROM ledger.idempotency_key k
   WHERE k.tenant = tenant_name AND k.key_hash = key
   UNION ALL
  SELECT t.key_hash, t.request_hash, t.recorded_at, t.partition, NULL, t.tenant, NULL, ARRAY[t.transfer_id]
    FROM ledger.transfer t
   WHERE t.tenant = tenant_name AND t.key_hash = key;
  IF NOT FOUND THEN
    RETURN NULL;
  ELSIF found_key.request_hash <> request THEN
    answer.outcome := 'reused';
  ELSIF found_key.bound_partition IS NOT NULL THEN
    answer.outcome := 'bound';
    answer.detail := found_key.bound_partition::text;
  ELSIF found_key.transfer_ids IS NOT NULL THEN
    answer.outcome := 'replayed';
    answer.transfer_id := found_key.transfer_ids[1];
    answer.detail := jsonb_build_object('items', to_jsonb(found_key.transfer_ids))::text;
  ELSIF found_key.answer ? 'code' THEN
    answer.outcome := 'refused-again';
    answer.detail := found_key.answer::text;
  ELSE
    answer.outcome := 'replayed';
    answer.detail := found_key.answer::text;
  END IF;
  RETURN answer;
END $$;

-- Locks: each partition in shared mode, in ascending order (the caller sorts), then checks, in a
-- statement of its own and so with a snapshot younger than the lock, that this shard owns each of
-- them in the epoch that the caller was routed with (null: in any; he learned of the partition here). A shared advisory lock, because FOR SHARE on
-- 256 hot rows breeds multixacts. Raises AT421 (stale route), which rolls everything back.
CREATE FUNCTION ledger.hold_partitions(partitions smallint[], epochs bigint[])
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  held integer;
BEGIN
  FOR i IN 1 .. cardinality(partitions) LOOP
    PERFORM pg_advisory_xact_lock_shared(421, partitions[i]);
  END LOOP;
  SELECT count(*) INTO held
    FROM unnest(partitions, epochs) AS routed(partition, epoch)
    JOIN ledger.partition_owner o
      ON o.partition = routed.partition AND o.epoch = coalesce(routed.epoch, o.epoch)
     AND o.state = 'owned';
  IF held <> cardinality(partitions) THEN
    RAISE EXCEPTION 'stale route' USING ERRCODE = 'AT421';
  END IF;
END $$;

-- The lock of an account, under which everything that changes it is written. An advisory lock, because
-- it is taken before the row is read and before the time: so a recorded time is never older than the
-- wait for it. And it is handed on in the order of arrival, without the rewriting of a row.
CREATE FUNCTION ledger.account_lock(tenant_name text, account uuid) RETURNS bigint
LANGUAGE sql IMMUTABLE RETURN uuid_hash_extended(account, hashtextextended(tenant_name, 0));

-- Where a request's rows belong to another shard, its key is bound here, on the home shard, first:
-- so the same key with another request is found out wherever that one would go.
CREATE FUNCTION ledger.bind_key(
  tenant_name text, key uuid, request uuid,
  home smallint, home_epoch bigint, bound smallint)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  earlier ledger.written;
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  IF NOT pg_try_advisory_xact_lock(ledger.key_lock(key)) THEN
    earlier.outcome := 'in-flight';
    RETURN earlier;
  END IF;
  earlier := ledger.look_up_key(tenant_name, key, request);
  IF earlier.outcome IS NOT NULL THEN
    RETURN earlier;
  END IF;
  PERFORM ledger.hold_partitions(ARRAY[home], ARRAY[home_epoch]);
  INSERT INTO ledger.idempotency_key (tenant, key_hash, request_hash, partition, bound_partition)
  VALUES (tenant_name, key, request, home, bound);
  earlier.outcome := 'bound';
  earlier.detail := bound::text;
  RETURN earlier;
END $$;

-- The accounts of holds and of transfers, which never change, and so can be told before any is locked.
CREATE FUNCTION ledger.accounts_of(tenant_name text, targets uuid[])
RETURNS TABLE (account_id uuid, partition smallint) LANGUAGE sql STABLE AS $$
  SELECT DISTINCT a.account_id, a.partition
    FROM (SELECT h.debit_account, h.credit_account FROM ledger.hold h
           WHERE h.tenant = tenant_name AND h.hold_id = ANY (targets)
           UNION ALL
          SELECT t.debit_account, t.credit_account FROM ledger.transfer t
           WHERE t.tenant = tenant_name AND t.transfer_id = ANY (targets)
           UNION ALL
          SELECT p.debit_account, p.credit_account FROM ledger.posting p
           WHERE p.tenant = tenant_name AND p.transfer_id = ANY (targets)) AS m
    JOIN ledger.account a
      ON a.tenant = tenant_name AND a.account_id IN (m.debit_account, m.credit_account)
$$;

-- Holds the partitions of what a request names, and of the accounts of its targets (holds and transfers;
-- null: it has none).
CREATE FUNCTION ledger.hold_touched(
  tenant_name text, partitions smallint[], epochs bigint[], targets uuid[])
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  IF targets IS NOT NULL THEN
    SELECT array_agg(u.partition ORDER BY u.partition), array_agg(u.epoch ORDER BY u.partition)
      INTO partitions, epochs
      FROM (SELECT r.partition, r.epoch FROM unnest(partitions, epochs) AS r(partition, epoch)
             UNION ALL
            SELECT DISTINCT a.partition, NULL::bigint FROM ledger.accounts_of(tenant_name, targets) a
             WHERE a.partition <> ALL (partitions)) AS u;
  END IF;
  PERFORM ledger.hold_partitions(partitions, epochs);
END $$;

-- The guards of a request whose answer is stored: sets the tenant, locks the key, looks it up, holds the
-- partitions. Null means go on, and keep the answer with ledger.keep_answer; anything else is the answer.
CREATE FUNCTION ledger.begin_request(
  tenant_name text, key uuid, request uuid, partitions smallint[], epochs bigint[],
  targets uuid[] DEFAULT NULL)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  earlier ledger.written;
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  IF NOT pg_try_advisory_xact_lock(ledger.key_lock(key)) THEN
    earlier.outcome := 'in-flight';
    RETURN earlier;
  END IF;
  earlier := ledger.look_up_key(tenant_name, key, request);
  IF earlier.outcome IS NULL THEN
    PERFORM ledger.hold_touched(tenant_name, partitions, epochs, targets);
  END IF;
  RETURN earlier;
END $$;

-- Stores what a request was answered, a refusal (it has a code) or not, and answers with it.
CREATE FUNCTION ledger.keep_answer(
  tenant_name text, key uuid, request uuid, home smallint, answer jsonb)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  result ledger.written;
BEGIN
  INSERT INTO ledger.idempotency_key (tenant, key_hash, request_hash, partition, answer)
  VALUES (tenant_name, key, request, home, answer);
  result.outcome := CASE WHEN answer ? 'code' THEN 'refused' ELSE 'done' END;
  result.detail := answer::text;
  RETURN result;
END $$;
