-- ledger.post_one anew: each account is changed by the statement that checks it, the debited one first. What it costs is less the
-- number of its statements than what each has to set up before it runs: every table, column, operator
-- and policy. So an account is found once, by the update that changes it, and its new figures come back
-- from there; and calls that only have to happen stand in one expression.
--
-- The locks are the same, in the same order: the key, the partition (shared), the account with the lower
-- id, the other account. Once they are held nobody else changes these accounts, and the time is taken
-- then, too. Whatever this path does not accept at once is taken back in this transaction, and left to
-- ledger.post_claimed, which names the refusal.
SET LOCAL ROLE atlas_owner;

CREATE OR REPLACE FUNCTION ledger.post_one(
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
  recorded_before timestamptz;
  c_version bigint;
  c_balance bigint;
  c_pending_debits bigint;
  c_pending_credits bigint;
  asset_code text;
  moment timestamptz;
  result ledger.written;
BEGIN
  -- One expression, because each is set up anew in every transaction; a CASE, because only there is the
  -- order of evaluation a promise. No call answers with null here: those that wait answer with void.
  IF (CASE
        WHEN set_config('atlas.tenant', tenant_name, true) IS NULL
          OR NOT pg_try_advisory_xact_lock(ledger.key_lock(key)) THEN true
        WHEN CASE WHEN partitions IS NULL THEN pg_advisory_xact_lock_shared(421, born) IS NULL
                  ELSE ledger.hold_partitions(partitions, epochs) IS NULL END THEN true
        WHEN pg_advisory_xact_lock(ledger.account_lock(tenant_name, LEAST(debit, credit))) IS NULL THEN true
        WHEN pg_advisory_xact_lock(ledger.account_lock(tenant_name, GREATEST(debit, credit))) IS NULL THEN true
      END)
  THEN
    result.outcome := 'in-flight';
    RETURN result;
  END IF;

  <<posting>>
  BEGIN
    UPDATE ledger.account a
       SET posted_debits = a.posted_debits + amount_minor, version = a.version + 1,
           recorded_at = GREATEST(clock_timestamp(), a.recorded_at)
     WHERE a.tenant = tenant_name AND a.account_id = debit AND a.status = 'o'
       -- Raises where a total would leave the range of bigint; what is pending counts.
       AND a.posted_debits + a.pending_debits + amount_minor > 0
       AND (a.min_balance IS NULL
            OR a.posted_credits - a.posted_debits - a.pending_debits - amount_minor >= a.min_balance)
       -- The key is new, and this shard owns the partition in the epoch that the caller was routed with.
       AND NOT EXISTS (SELECT FROM ledger.transfer t WHERE t.tenant = tenant_name AND t.key_hash = key)
       AND NOT EXISTS (SELECT FROM ledger.idempotency_key k
                        WHERE k.tenant = tenant_name AND k.key_hash = key)
       AND (partitions IS NOT NULL
            OR EXISTS (SELECT FROM ledger.partition_owner o
                        WHERE o.partition = born AND o.epoch = epoch_of_all AND o.state = 'owned'))
    RETURNING a.version, a.posted_credits - a.posted_debits, a.pending_debits, a.pending_credits,
              a.asset, a.recorded_at, old.recorded_at
      INTO d_version, d_balance, d_pending_debits, d_pending_credits, asset_code, moment, recorded_before;
    EXIT posting WHEN NOT FOUND;

    UPDATE ledger.account a
       SET posted_credits = a.posted_credits + amount_minor, version = a.version + 1, recorded_at = moment
     WHERE a.tenant = tenant_name AND a.account_id = credit AND a.status = 'o'
       AND a.asset = asset_code
       -- No account goes back in time: where clocks differ, the general path finds a time for both.
       AND a.recorded_at <= moment
       AND a.posted_credits + a.pending_credits + amount_minor > 0
       AND (a.max_balance IS NULL
            OR a.posted_credits - a.posted_debits + a.pending_credits + amount_minor <= a.max_balance)
    RETURNING a.version, a.posted_credits - a.posted_debits, a.pending_debits, a.pending_credits
      INTO c_version, c_balance, c_pending_debits, c_pending_credits;
    IF NOT FOUND THEN
      UPDATE ledger.account a
         SET posted_debits = a.posted_debits - amount_minor, version = a.version - 1,
             recorded_at = recorded_before
       WHERE a.tenant = tenant_name AND a.account_id = debit;
      EXIT posting;
    END IF;

    INSERT INTO ledger.transfer (transfer_id, debit_account, credit_account, amount, debit_version,
      credit_version, recorded_at, partition, postings, tenant, reference, metadata, key_hash,
      request_hash)
    VALUES (new_transfer, debit, credit, amount_minor, d_version, c_version, moment,
      born, 1, tenant_name, reference_text, metadata_json,
      CASE WHEN born = home THEN key END, CASE WHEN born = home THEN request END);
    INSERT INTO ledger.entry (account_id, transfer_id, version, amount, balance_after, recorded_at,
      partition, kind, direction, tenant, pending_debits_after, pending_credits_after)
    VALUES (debit, new_transfer, d_version, amount_minor, d_balance, moment, born,
            'p'::"char", 'd'::"char", tenant_name,
            nullif(d_pending_debits, 0), nullif(d_pending_credits, 0)),
           (credit, new_transfer, c_version, amount_minor, c_balance, moment, credit_partition,
            'p'::"char", 'c'::"char", tenant_name,
            nullif(c_pending_debits, 0), nullif(c_pending_credits, 0));
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
    RETURN ROW('done', NULL, new_transfer, moment,
      ARRAY[d_version, d_balance, d_balance - d_pending_debits,
            c_version, c_balance, c_balance - c_pending_debits],
      ARRAY[asset_code, asset_code])::ledger.written;
  END posting;

  result := ledger.look_up_key(tenant_name, key, request);
  IF result.outcome IS NOT NULL THEN
    RETURN result;
  END IF;
  PERFORM ledger.hold_partitions(ARRAY[born], ARRAY[epoch_of_all]);
  RETURN ledger.post_claimed(tenant_name, key, request, home, born, new_transfer,
    ARRAY[debit, credit], ARRAY[1], ARRAY[2], ARRAY[amount_minor], reference_text, metadata_json,
    NULL, trace_text);
END $$;
