-- The commonest case: one posting between two accounts, in plain statements.
--
-- Locks, in this order: the key, the partitions (shared), the account with the lower id (SELECT
-- FOR NO KEY UPDATE), the other one (its UPDATE). Every check is a statement of its own after the
-- locks, so READ COMMITTED is enough: limits are per account. The first account is read and checked
-- before the second is changed, so a refusal has nothing to undo. Whatever this path does not
-- accept at once is left to ledger.post_many, which names the refusal.
SET LOCAL ROLE atlas_owner;

CREATE FUNCTION ledger.post_one(
  tenant_name text, key_lock bigint, key uuid, request uuid, home smallint,
  partitions smallint[], epochs bigint[],
  new_transfer uuid, born smallint,
  debit uuid, credit uuid, debit_partition smallint, credit_partition smallint,
  amount_minor bigint, reference_text text, metadata_json jsonb, effective timestamptz, trace_text text)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  d ledger.account;
  c ledger.account;
  result ledger.written;
  accepted boolean := false;
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  IF NOT pg_try_advisory_xact_lock(key_lock) THEN
    result.outcome := 'in-flight';
    RETURN result;
  END IF;
  INSERT INTO ledger.idempotency_key (tenant, key_hash, request_hash, transfer_id, partition)
  VALUES (tenant_name, key, request, new_transfer, home)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN ledger.look_up_key(tenant_name, key, request);
  END IF;

  IF cardinality(partitions) = 1 THEN
    PERFORM pg_advisory_xact_lock_shared(421, born);
    PERFORM FROM ledger.partition_owner o
      WHERE o.partition = born AND o.epoch = epochs[1] AND o.state = 'owned';
    IF NOT FOUND THEN
      RAISE EXCEPTION 'stale route' USING ERRCODE = 'AT421';
    END IF;
  ELSE
    PERFORM ledger.hold_partitions(partitions, epochs);
  END IF;

  -- The two branches are the same but for who comes first: the lower id, always.
  IF debit < credit THEN
    SELECT * INTO d FROM ledger.account a
     WHERE a.tenant = tenant_name AND a.account_id = debit FOR NO KEY UPDATE;
    IF d.status = 'o'
       AND (d.min_balance IS NULL
            OR d.posted_credits - d.posted_debits - d.pending_debits - amount_minor >= d.min_balance)
       AND d.posted_debits <= 9223372036854775807 - amount_minor THEN
      UPDATE ledger.account a
         SET posted_credits = a.posted_credits + amount_minor, version = a.version + 1,
             recorded_at = GREATEST(clock_timestamp(), a.recorded_at, d.recorded_at)
       WHERE a.tenant = tenant_name AND a.account_id = credit
         AND a.status = 'o' AND a.asset = d.asset
         AND (a.max_balance IS NULL
              OR a.posted_credits - a.posted_debits + a.pending_credits + amount_minor <= a.max_balance)
      RETURNING * INTO c;
      accepted := FOUND;
    END IF;
    IF accepted THEN
      UPDATE ledger.account a
         SET posted_debits = d.posted_debits + amount_minor, version = d.version + 1,
             recorded_at = c.recorded_at
       WHERE a.tenant = tenant_name AND a.account_id = debit;
      d.posted_debits := d.posted_debits + amount_minor;
      d.version := d.version + 1;
    END IF;
  ELSE
    SELECT * INTO c FROM ledger.account a
     WHERE a.tenant = tenant_name AND a.account_id = credit FOR NO KEY UPDATE;
    IF c.status = 'o'
       AND (c.max_balance IS NULL
            OR c.posted_credits - c.posted_debits + c.pending_credits + amount_minor <= c.max_balance)
       AND c.posted_credits <= 9223372036854775807 - amount_minor THEN
      UPDATE ledger.account a
         SET posted_debits = a.posted_debits + amount_minor, version = a.version + 1,
             recorded_at = GREATEST(clock_timestamp(), a.recorded_at, c.recorded_at)
       WHERE a.tenant = tenant_name AND a.account_id = debit
         AND a.status = 'o' AND a.asset = c.asset
         AND (a.min_balance IS NULL
              OR a.posted_credits - a.posted_debits - a.pending_debits - amount_minor >= a.min_balance)
      RETURNING * INTO d;
      accepted := FOUND;
    END IF;
    IF accepted THEN
      UPDATE ledger.account a
         SET posted_credits = c.posted_credits + amount_minor, version = c.version + 1,
             recorded_at = d.recorded_at
       WHERE a.tenant = tenant_name AND a.account_id = credit;
      c.posted_credits := c.posted_credits + amount_minor;
      c.version := c.version + 1;
    END IF;
  END IF;

  IF NOT accepted THEN
    RETURN ledger.post_claimed(tenant_name, key, new_transfer, born, ARRAY[debit, credit],
      ARRAY[debit_partition, credit_partition], ARRAY[1], ARRAY[2], ARRAY[amount_minor],
      reference_text, metadata_json, effective, trace_text);
  END IF;

  result.recorded_at := GREATEST(d.recorded_at, c.recorded_at);
  INSERT INTO ledger.transfer (transfer_id, debit_account, credit_account, amount, debit_version,
    credit_version, recorded_at, effective_at, partition, postings, tenant, reference, metadata)
  VALUES (new_transfer, debit, credit, amount_minor, d.version, c.version, result.recorded_at,
    effective, born, 1, tenant_name, reference_text, metadata_json);
  result.balances := ARRAY[d.posted_credits - d.posted_debits, c.posted_credits - c.posted_debits];
  INSERT INTO ledger.entry (account_id, transfer_id, version, amount, balance_after, recorded_at,
    partition, kind, direction, tenant, pending_debits_after, pending_credits_after)
  VALUES (debit, new_transfer, d.version, amount_minor, result.balances[1], result.recorded_at,
          debit_partition, 'p', 'd', tenant_name,
          nullif(d.pending_debits, 0), nullif(d.pending_credits, 0)),
         (credit, new_transfer, c.version, amount_minor, result.balances[2], result.recorded_at,
          credit_partition, 'p', 'c', tenant_name,
          nullif(c.pending_debits, 0), nullif(c.pending_credits, 0));
  INSERT INTO ledger.outbox (aggregate_id, written_at, partition, kind, tenant, trace)
  VALUES (new_transfer, result.recorded_at, born, 't', tenant_name, trace_text);
  IF credit_partition <> born THEN
    INSERT INTO ledger.outbox (aggregate_id, written_at, partition, kind, tenant, trace)
    VALUES (new_transfer, result.recorded_at, credit_partition, 't', tenant_name, trace_text);
  END IF;

  result.outcome := 'done';
  result.transfer_id := new_transfer;
  result.versions := ARRAY[d.version, c.version];
  result.available := ARRAY[result.balances[1] - d.pending_debits,
                            result.balances[2] - c.pending_debits];
  result.assets := ARRAY[d.asset, c.asset];
  RETURN result;
END $$;
