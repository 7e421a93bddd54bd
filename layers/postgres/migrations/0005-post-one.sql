-- The commonest case: one posting between two accounts, effective when it is recorded, in three
-- statements.
--
-- Locks, in this order: the key, the partition (shared), the account with the lower id, the other
-- account. Limits are checked on what the rows say once the locks are held, and the time is taken then,
-- too: so nobody who waits for an account sees a past written afterwards. Nothing is changed before
-- everything is accepted, so a refusal has nothing to undo. Whatever this path does not accept at once
-- is left to ledger.post_claimed, which names the refusal. A writer without the locks would meet the
-- key of the entries: no version of an account is written twice.
--
-- Few statements, because each costs its own start of the executor; what that and each feature cost
-- is in docs/benchmarks.md.
SET LOCAL ROLE atlas_owner;

CREATE FUNCTION ledger.post_one(
  tenant_name text, key uuid, request uuid, home smallint,
  born smallint, credit_partition smallint,
  epoch_of_all bigint, partitions smallint[], epochs bigint[],
  new_transfer uuid, debit uuid, credit uuid, amount_minor bigint,
  reference_text text, metadata_json jsonb, trace_text text)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  d_version bigint;
  d_balance bigint;
  d_pending_debits bigint;
  d_pending_credits bigint;
  c_version bigint;
  c_balance bigint;
  c_pending_debits bigint;
  c_pending_credits bigint;
  asset_code text;
  moment timestamptz;
  ignored text;
  result ledger.written;
BEGIN
  -- Calls in assignments are evaluated in place; PERFORM would start the executor for each.
  ignored := set_config('atlas.tenant', tenant_name, true);
  IF NOT pg_try_advisory_xact_lock(ledger.key_lock(key)) THEN
    result.outcome := 'in-flight';
    RETURN result;
  END IF;
  IF partitions IS NULL THEN
    ignored := pg_advisory_xact_lock_shared(421, born)::text;
  ELSE
    PERFORM ledger.hold_partitions(partitions, epochs);
  END IF;
  IF debit < credit THEN
    ignored := pg_advisory_xact_lock(ledger.account_lock(tenant_name, debit))::text;
    ignored := pg_advisory_xact_lock(ledger.account_lock(tenant_name, credit))::text;
  ELSE
    ignored := pg_advisory_xact_lock(ledger.account_lock(tenant_name, credit))::text;
    ignored := pg_advisory_xact_lock(ledger.account_lock(tenant_name, debit))::text;
  END IF;

  SELECT d.version + 1, d.posted_credits - d.posted_debits - amount_minor,
         d.pending_debits, d.pending_credits,
         c.version + 1, c.posted_credits - c.posted_debits + amount_minor,
         c.pending_debits, c.pending_credits, d.asset, GREATEST(d.recorded_at, c.recorded_at)
    INTO d_version, d_balance, d_pending_debits, d_pending_credits,
         c_version, c_balance, c_pending_debits, c_pending_credits, asset_code, moment
    FROM ledger.account d, ledger.account c
   WHERE d.tenant = tenant_name AND d.account_id = debit
     AND c.tenant = tenant_name AND c.account_id = credit
     AND d.status = 'o' AND c.status = 'o' AND d.asset = c.asset
     -- Raises where a total would leave the range of bigint; what is pending counts.
     AND d.posted_debits + d.pending_debits + amount_minor > 0
     AND c.posted_credits + c.pending_credits + amount_minor > 0
     AND (d.min_balance IS NULL
          OR d.posted_credits - d.posted_debits - d.pending_debits - amount_minor >= d.min_balance)
     AND (c.max_balance IS NULL
          OR c.posted_credits - c.posted_debits + c.pending_credits + amount_minor <= c.max_balance)
     -- The key is new, and this shard owns the partition in the epoch that the caller was routed with.
     AND NOT EXISTS (SELECT FROM ledger.transfer t WHERE t.tenant = tenant_name AND t.key_hash = key)
     AND NOT EXISTS (SELECT FROM ledger.idempotency_key k
                      WHERE k.tenant = tenant_name AND k.key_hash = key)
     AND (partitions IS NOT NULL
          OR EXISTS (SELECT FROM ledger.partition_owner o
                      WHERE o.partition = born AND o.epoch = epoch_of_all AND o.state = 'owned'));

  IF NOT FOUND THEN
    result := ledger.look_up_key(tenant_name, key, request);
    IF result.outcome IS NOT NULL THEN
      RETURN result;
    END IF;
    PERFORM ledger.hold_partitions(ARRAY[born], ARRAY[epoch_of_all]);
    RETURN ledger.post_claimed(tenant_name, key, request, home, born, new_transfer,
      ARRAY[debit, credit], ARRAY[1], ARRAY[2], ARRAY[amount_minor], reference_text, metadata_json,
      NULL, trace_text);
  END IF;

  moment := GREATEST(clock_timestamp(), moment);
  WITH balances AS (
    UPDATE ledger.account a
       SET posted_debits =
             a.posted_debits + CASE a.account_id WHEN debit THEN amount_minor ELSE 0 END,
           posted_credits =
             a.posted_credits + CASE a.account_id WHEN credit THEN amount_minor ELSE 0 END,
           version = a.version + 1, recorded_at = moment
     WHERE a.tenant = tenant_name AND a.account_id IN (debit, credit)
  ), transfers AS (
    INSERT INTO ledger.transfer (transfer_id, debit_account, credit_account, amount, debit_version,
      credit_version, recorded_at, partition, postings, tenant, reference, metadata, key_hash,
      request_hash)
    VALUES (new_transfer, debit, credit, amount_minor, d_version, c_version, moment,
      born, 1, tenant_name, reference_text, metadata_json,
      CASE WHEN born = home THEN key END, CASE WHEN born = home THEN request END)
  ), entries AS (
    INSERT INTO ledger.entry (account_id, transfer_id, version, amount, balance_after, recorded_at,
      partition, kind, direction, tenant, pending_debits_after, pending_credits_after)
    VALUES (debit, new_transfer, d_version, amount_minor, d_balance, moment, born,
            'p'::"char", 'd'::"char", tenant_name,
            nullif(d_pending_debits, 0), nullif(d_pending_credits, 0)),
           (credit, new_transfer, c_version, amount_minor, c_balance, moment, credit_partition,
            'p'::"char", 'c'::"char", tenant_name,
            nullif(c_pending_debits, 0), nullif(c_pending_credits, 0))
  )
  INSERT INTO ledger.outbox (aggregate_id, written_at, partition, slot, kind, tenant, trace)
  VALUES (new_transfer, moment, born, ledger.slot_of(born), 't', tenant_name, trace_text);
  IF born <> home THEN
    INSERT INTO ledger.idempotency_key (tenant, key_hash, request_hash, partition, transfer_ids)
    VALUES (tenant_name, key, request, home, ARRAY[new_transfer]);
  END IF;
  IF credit_partition <> born THEN
    INSERT INTO ledger.outbox (aggregate_id, written_at, partition, slot, kind, tenant, trace)
    VALUES (new_transfer, moment, credit_partition, ledger.slot_of(credit_partition), 't',
            tenant_name, trace_text);
  END IF;

  result.outcome := 'done';
  result.transfer_id := new_transfer;
  result.recorded_at := moment;
  result.figures := ARRAY[d_version, d_balance, d_balance - d_pending_debits,
                          c_version, c_balance, c_balance - c_pending_debits];
  result.assets := ARRAY[asset_code, asset_code];
  RETURN result;
END $$;
