-- The general case: 1 to 100 postings over any number of accounts, and the naming of refusals.
--
-- Locks, in this order: the key, the partitions (shared), the accounts in id order. Arithmetic is
-- numeric where a sum could leave the range of bigint. Refusals are found in a fixed order, which
-- the reference model shares: existence, status and asset posting by posting; then overflow of
-- totals posting by posting; then limits account by account, in the order of first mention.
SET LOCAL ROLE atlas_owner;

-- Keeps the refusal under the claimed key, and answers with it. Nothing else was written.
CREATE FUNCTION ledger.refuse(tenant_name text, key uuid, refusal jsonb)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  result ledger.written;
BEGIN
  UPDATE ledger.idempotency_key k SET transfer_id = NULL, answer = refusal
   WHERE k.tenant = tenant_name AND k.key_hash = key;
  result.outcome := 'refused';
  result.detail := refusal::text;
  RETURN result;
END $$;

-- Posts under a key that is claimed and partitions that are held. `accounts` are distinct, in the
-- order of first mention; `debits` and `credits` index them (from 1), one pair a posting.
CREATE FUNCTION ledger.post_claimed(
  tenant_name text, key uuid, new_transfer uuid, born smallint,
  accounts uuid[], account_partitions smallint[], debits integer[], credits integer[],
  amounts bigint[], reference_text text, metadata_json jsonb, effective timestamptz, trace_text text)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  greatest_total CONSTANT numeric := 9223372036854775807;
  states text[];
  assets text[];
  posted_d numeric[];
  posted_c numeric[];
  pending_d numeric[];
  pending_c numeric[];
  minima numeric[];
  maxima numeric[];
  versions bigint[];
  before_balance numeric[];
  last_recorded timestamptz;
  side integer;
  debit_versions bigint[] := '{}';
  credit_versions bigint[] := '{}';
  debit_after bigint[] := '{}';
  credit_after bigint[] := '{}';
  balances bigint[] := '{}';
  available bigint[] := '{}';
  result ledger.written;
BEGIN
  PERFORM pg_advisory_xact_lock(ledger.account_lock(tenant_name, o.account_id))
     FROM (SELECT unnest(accounts) AS account_id ORDER BY account_id) AS o;
  SELECT array_agg(l.status::text ORDER BY o.ordinal), array_agg(l.asset ORDER BY o.ordinal),
         array_agg(l.posted_debits ORDER BY o.ordinal), array_agg(l.posted_credits ORDER BY o.ordinal),
         array_agg(l.pending_debits ORDER BY o.ordinal), array_agg(l.pending_credits ORDER BY o.ordinal),
         array_agg(l.min_balance ORDER BY o.ordinal), array_agg(l.max_balance ORDER BY o.ordinal),
         array_agg(l.version ORDER BY o.ordinal),
         array_agg(l.posted_credits - l.posted_debits ORDER BY o.ordinal), max(l.recorded_at)
    INTO states, assets, posted_d, posted_c, pending_d, pending_c, minima, maxima, versions,
         before_balance, last_recorded
    FROM unnest(accounts) WITH ORDINALITY AS o(account_id, ordinal)
    LEFT JOIN ledger.account l ON l.tenant = tenant_name AND l.account_id = o.account_id;

  FOR i IN 1 .. cardinality(amounts) LOOP
    FOREACH side IN ARRAY ARRAY[debits[i], credits[i]] LOOP
      IF states[side] IS NULL THEN
        RETURN ledger.refuse(tenant_name, key,
          jsonb_build_object('code', 'account-not-found', 'accountId', accounts[side]));
      END IF;
    END LOOP;
    FOREACH side IN ARRAY ARRAY[debits[i], credits[i]] LOOP
      IF states[side] <> 'o' THEN
        RETURN ledger.refuse(tenant_name, key, jsonb_build_object('code',
          CASE states[side] WHEN 'c' THEN 'account-closed' ELSE 'account-frozen' END,
          'accountId', accounts[side]));
      END IF;
    END LOOP;
    IF assets[debits[i]] <> assets[credits[i]] THEN
      RETURN ledger.refuse(tenant_name, key, jsonb_build_object('code', 'asset-mismatch',
        'debitAccountId', accounts[debits[i]], 'creditAccountId', accounts[credits[i]]));
    END IF;
  END LOOP;

  FOR i IN 1 .. cardinality(amounts) LOOP
    posted_d[debits[i]] := posted_d[debits[i]] + amounts[i];
    posted_c[credits[i]] := posted_c[credits[i]] + amounts[i];
    -- What is pending counts, so that whatever was reserved can be captured.
    IF posted_d[debits[i]] + pending_d[debits[i]] > greatest_total
       OR posted_c[credits[i]] + pending_c[credits[i]] > greatest_total THEN
      RETURN ledger.refuse(tenant_name, key, jsonb_build_object('code', 'amount-overflow',
        'accountId', accounts[CASE WHEN posted_d[debits[i]] + pending_d[debits[i]] > greatest_total
                                   THEN debits[i] ELSE credits[i] END]));
    END IF;
    versions[debits[i]] := versions[debits[i]] + 1;
    debit_versions := debit_versions || versions[debits[i]];
    debit_after := debit_after || (posted_c[debits[i]] - posted_d[debits[i]])::bigint;
    versions[credits[i]] := versions[credits[i]] + 1;
    credit_versions := credit_versions || versions[credits[i]];
    credit_after := credit_after || (posted_c[credits[i]] - posted_d[credits[i]])::bigint;
  END LOOP;

  FOR i IN 1 .. cardinality(accounts) LOOP
    IF posted_c[i] - posted_d[i] < before_balance[i]
       AND posted_c[i] - posted_d[i] - pending_d[i] < minima[i] THEN
      RETURN ledger.refuse(tenant_name, key, jsonb_build_object('code', 'insufficient-funds',
        'accountId', accounts[i], 'availableMinor', (before_balance[i] - pending_d[i])::text,
        'minBalanceMinor', minima[i]::text));
    END IF;
    IF posted_c[i] - posted_d[i] > before_balance[i]
       AND posted_c[i] - posted_d[i] + pending_c[i] > maxima[i] THEN
      RETURN ledger.refuse(tenant_name, key, jsonb_build_object('code', 'balance-limit-exceeded',
        'accountId', accounts[i], 'balanceMinor', before_balance[i]::text,
        'maxBalanceMinor', maxima[i]::text));
    END IF;
    balances := balances || (posted_c[i] - posted_d[i])::bigint;
    available := available || (posted_c[i] - posted_d[i] - pending_d[i])::bigint;
  END LOOP;

  result.recorded_at := GREATEST(clock_timestamp(), last_recorded);
  UPDATE ledger.account a
     SET posted_debits = n.posted_debits, posted_credits = n.posted_credits, version = n.version,
         recorded_at = result.recorded_at
    FROM unnest(accounts, posted_d, posted_c, versions)
      AS n(account_id, posted_debits, posted_credits, version)
   WHERE a.tenant = tenant_name AND a.account_id = n.account_id;
  INSERT INTO ledger.transfer (transfer_id, debit_account, credit_account, amount, debit_version,
    credit_version, recorded_at, effective_at, partition, postings, tenant, reference, metadata)
  VALUES (new_transfer, accounts[debits[1]], accounts[credits[1]], amounts[1], debit_versions[1],
    credit_versions[1], result.recorded_at, effective, born, cardinality(amounts), tenant_name,
    reference_text, metadata_json);
  INSERT INTO ledger.posting (transfer_id, debit_account, credit_account, amount, debit_version,
    credit_version, partition, ordinal, tenant)
  SELECT new_transfer, accounts[p.debit], accounts[p.credit], p.amount, p.debit_version,
         p.credit_version, born, p.ordinal, tenant_name
    FROM unnest(debits, credits, amounts, debit_versions, credit_versions) WITH ORDINALITY
      AS p(debit, credit, amount, debit_version, credit_version, ordinal)
   WHERE p.ordinal > 1;
  INSERT INTO ledger.entry (account_id, transfer_id, version, amount, balance_after, recorded_at,
    partition, kind, direction, tenant, pending_debits_after, pending_credits_after)
  SELECT accounts[e.account], new_transfer, e.version, e.amount, e.after, result.recorded_at,
         account_partitions[e.account], 'p', e.direction, tenant_name,
         nullif(pending_d[e.account], 0), nullif(pending_c[e.account], 0)
    FROM (SELECT unnest(debits), unnest(debit_versions), unnest(amounts), unnest(debit_after), 'd'::"char"
          UNION ALL
          SELECT unnest(credits), unnest(credit_versions), unnest(amounts), unnest(credit_after), 'c')
      AS e(account, version, amount, after, direction);
  -- The transfer's own partition first, whether or not an account of it lies there.
  INSERT INTO ledger.outbox (aggregate_id, written_at, partition, slot, kind, tenant, trace)
  SELECT new_transfer, result.recorded_at, touched.partition, ledger.slot_of(touched.partition), 't',
         tenant_name, trace_text
    FROM (SELECT DISTINCT unnest(account_partitions || born) AS partition) AS touched
   ORDER BY touched.partition <> born, touched.partition;

  result.outcome := 'done';
  result.transfer_id := new_transfer;
  result.figures := versions || balances || available;
  result.assets := assets;
  RETURN result;
END $$;

CREATE FUNCTION ledger.post_many(
  tenant_name text, key uuid, request uuid, home smallint,
  partitions smallint[], epochs bigint[], new_transfer uuid, born smallint,
  accounts uuid[], account_partitions smallint[], debits integer[], credits integer[],
  amounts bigint[], reference_text text, metadata_json jsonb, effective timestamptz, trace_text text,
  refusal jsonb)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  result ledger.written;
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  IF NOT pg_try_advisory_xact_lock(ledger.key_lock(tenant_name, key)) THEN
    result.outcome := 'in-flight';
    RETURN result;
  END IF;
  INSERT INTO ledger.idempotency_key (tenant, key_hash, request_hash, transfer_id, partition)
  VALUES (tenant_name, key, request, new_transfer, home)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN ledger.look_up_key(tenant_name, key, request);
  END IF;
  PERFORM ledger.hold_partitions(partitions, epochs);
  -- Refusals that need no account (the same account twice, two shards) are found by the caller,
  -- and come here to be kept like any other.
  IF refusal IS NOT NULL THEN
    RETURN ledger.refuse(tenant_name, key, refusal);
  END IF;
  RETURN ledger.post_claimed(tenant_name, key, new_transfer, born, accounts, account_partitions,
    debits, credits, amounts, reference_text, metadata_json, effective, trace_text);
END $$;
