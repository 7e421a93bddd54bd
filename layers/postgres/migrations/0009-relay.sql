-- What the relay does to the outbox. It is no tenant's, and has policies of its own.
SET LOCAL ROLE atlas_owner;

-- Takes or renews the lease of a slot: an epoch, or null while somebody else holds it. The epoch
-- grows with each change of hands, so that a holder who slept through his lease is found out.
CREATE FUNCTION ledger.acquire_slot(wanted smallint, who text, ttl interval)
RETURNS bigint LANGUAGE sql VOLATILE AS $$
  UPDATE ledger.outbox_lease l
     SET epoch = CASE WHEN l.holder = who AND l.expires_at > clock_timestamp()
                      THEN l.epoch ELSE l.epoch + 1 END,
         holder = who, expires_at = clock_timestamp() + ttl
   WHERE l.slot = wanted
     AND (l.holder IS NULL OR l.holder = who OR l.expires_at <= clock_timestamp())
  RETURNING l.epoch
$$;

CREATE FUNCTION ledger.release_slot(leased smallint, lease_epoch bigint)
RETURNS void LANGUAGE sql VOLATILE AS $$
  UPDATE ledger.outbox_lease l SET holder = NULL, expires_at = '-infinity'
   WHERE l.slot = leased AND l.epoch = lease_epoch
$$;

-- Rows of a slot in id order, each with the events it stands for: an account's or a hold's as it was
-- written, or the transfer (with the row of its own partition) and its entries on the accounts of
-- the row's partition. One set-based query, and no JSON but the payloads that were stored.
CREATE FUNCTION ledger.read_outbox(wanted smallint, page integer)
RETURNS TABLE (
  id bigint, partition smallint, aggregate_id uuid, written_at timestamptz, attempts smallint,
  tenant text, trace text, event_type text, payload jsonb,
  recorded_at timestamptz, effective_at timestamptz, reference text, metadata jsonb,
  is_own boolean, ordinal smallint, debit_account uuid, credit_account uuid, amount bigint,
  asset text, debit_entered boolean, credit_entered boolean,
  debit_version bigint, debit_balance bigint, debit_pending_debits bigint, debit_pending_credits bigint,
  credit_version bigint, credit_balance bigint, credit_pending_debits bigint, credit_pending_credits bigint,
  hold_id uuid, reverses uuid)
LANGUAGE sql STABLE AS $$
  SELECT o.id, o.partition, o.aggregate_id, o.written_at, o.attempts, o.tenant::text, o.trace,
         o.event_type, o.payload,
         t.recorded_at, t.effective_at, t.reference, t.metadata,
         t.partition = o.partition, p.ordinal, p.debit_account, p.credit_account, p.amount,
         a.asset::text, d.partition = o.partition, c.partition = o.partition,
         p.debit_version, d.balance_after, d.pending_debits_after, d.pending_credits_after,
         p.credit_version, c.balance_after, c.pending_debits_after, c.pending_credits_after,
         t.hold_id, t.reverses
    FROM (SELECT * FROM ledger.outbox r
           WHERE r.slot = wanted AND NOT r.parked ORDER BY r.id LIMIT page) AS o
    LEFT JOIN ledger.transfer t
      ON o.kind = 't' AND t.tenant = o.tenant AND t.transfer_id = o.aggregate_id
    LEFT JOIN LATERAL (
      SELECT 1::smallint AS ordinal, t.debit_account, t.credit_account, t.amount,
             t.debit_version, t.credit_version
       WHERE t.transfer_id IS NOT NULL
       UNION ALL
      SELECT q.ordinal, q.debit_account, q.credit_account, q.amount, q.debit_version, q.credit_version
        FROM ledger.posting q
       WHERE t.postings > 1 AND q.tenant = o.tenant AND q.transfer_id = t.transfer_id) AS p ON true
    LEFT JOIN ledger.account a ON a.tenant = o.tenant AND a.account_id = p.debit_account
    LEFT JOIN ledger.entry d ON d.tenant = o.tenant AND d.account_id = p.debit_account
                            AND d.version = p.debit_version
    LEFT JOIN ledger.entry c ON c.tenant = o.tenant AND c.account_id = p.credit_account
                            AND c.version = p.credit_version
   ORDER BY o.id, p.ordinal
$$;

-- Deletes what the log has acknowledged. False, and nothing deleted, when the lease was lost.
CREATE FUNCTION ledger.acknowledge_outbox(leased smallint, lease_epoch bigint, ids bigint[])
RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM FROM ledger.outbox_lease l WHERE l.slot = leased AND l.epoch = lease_epoch FOR SHARE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  DELETE FROM ledger.outbox o WHERE o.slot = leased AND o.id = ANY (ids);
  RETURN true;
END $$;

-- Counts a failed attempt; answers with the attempts so far.
CREATE FUNCTION ledger.fail_outbox(leased smallint, lease_epoch bigint, failed bigint)
RETURNS smallint LANGUAGE sql VOLATILE AS $$
  UPDATE ledger.outbox o SET attempts = o.attempts + 1
   WHERE o.slot = leased AND o.id = failed
     AND EXISTS (SELECT FROM ledger.outbox_lease l WHERE l.slot = leased AND l.epoch = lease_epoch)
  RETURNING o.attempts
$$;

-- Parks rows, and the aggregates that they tell of behind them.
CREATE FUNCTION ledger.park_outbox(leased smallint, ids bigint[], keys uuid[], why text)
RETURNS void LANGUAGE sql VOLATILE AS $$
  UPDATE ledger.outbox o SET parked = true WHERE o.slot = leased AND o.id = ANY (ids);
  INSERT INTO ledger.outbox_parked (aggregate_id, outbox_id, reason)
  SELECT k, ids[1], why FROM unnest(keys) AS k ON CONFLICT DO NOTHING
$$;

-- Lets everything that is parked try again, in order, once its cause is mended.
CREATE FUNCTION ledger.unpark_outbox()
RETURNS bigint LANGUAGE sql VOLATILE AS $$
  DELETE FROM ledger.outbox_parked;
  WITH freed AS (UPDATE ledger.outbox o SET parked = false, attempts = 0 WHERE o.parked RETURNING 1)
  SELECT count(*) FROM freed
$$;

CREATE FUNCTION ledger.outbox_depth(OUT waiting bigint, OUT oldest_age_ms bigint, OUT parked bigint)
LANGUAGE sql STABLE AS $$
  SELECT count(*) FILTER (WHERE NOT o.parked),
         coalesce(extract(epoch FROM clock_timestamp() - min(o.written_at) FILTER (WHERE NOT o.parked))
                  * 1000, 0)::bigint,
         count(*) FILTER (WHERE o.parked)
    FROM ledger.outbox o
$$;
