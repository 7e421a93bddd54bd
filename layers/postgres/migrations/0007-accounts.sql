-- Opening accounts, and changing their status or their metadata. Answers are stored under the key, because what they
-- show can change later. Lock order: key, partitions, account.
SET LOCAL ROLE atlas_owner;

-- An account as JSON with text amounts: what is stored as an answer and read back by the adapter.
CREATE FUNCTION ledger.account_json(a ledger.account, d ledger.account_detail)
RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'accountId', a.account_id, 'asset', a.asset, 'name', d.name, 'status', a.status,
    'minBalance', a.min_balance::text, 'maxBalance', a.max_balance::text,
    'postedDebits', a.posted_debits::text, 'postedCredits', a.posted_credits::text,
    'pendingDebits', a.pending_debits::text, 'pendingCredits', a.pending_credits::text,
    'version', a.version::text, 'metadata', d.metadata, 'metadataVersion', d.metadata_version,
    'openedAt', d.opened_at)
$$;

CREATE FUNCTION ledger.open_account(
  tenant_name text, key uuid, request uuid, home smallint,
  partitions smallint[], epochs bigint[],
  new_account uuid, born smallint, asset_code text, account_name text,
  lowest bigint, highest bigint, metadata_json jsonb, trace_text text)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  opened ledger.account;
  detail_row ledger.account_detail;
  answer jsonb;
  result ledger.written;
BEGIN
  result := ledger.begin_request(tenant_name, key, request, partitions, epochs);
  IF result.outcome IS NOT NULL THEN
    RETURN result;
  END IF;
  IF NOT EXISTS (SELECT FROM ledger.asset s WHERE s.tenant = tenant_name AND s.code = asset_code) THEN
    answer := jsonb_build_object('code', 'asset-not-found', 'asset', asset_code);
  ELSE
    INSERT INTO ledger.account (account_id, tenant, partition, asset, min_balance, max_balance, recorded_at)
    VALUES (new_account, tenant_name, born, asset_code, lowest, highest, clock_timestamp())
    RETURNING * INTO opened;
    INSERT INTO ledger.account_detail (account_id, tenant, partition, name, metadata, opened_at)
    VALUES (new_account, tenant_name, born, account_name, metadata_json, opened.recorded_at)
    RETURNING * INTO detail_row;
    answer := ledger.account_json(opened, detail_row);
    INSERT INTO ledger.outbox
      (aggregate_id, written_at, partition, slot, kind, tenant, trace, event_type, payload)
    VALUES (new_account, opened.recorded_at, born, ledger.slot_of(born), 'a', tenant_name, trace_text,
      'AccountOpened',
      jsonb_build_object('accountId', new_account, 'tenant', tenant_name,
        'version', opened.version::text, 'recordedAt', opened.recorded_at, 'asset', asset_code,
        'name', account_name, 'minBalance', lowest::text, 'maxBalance', highest::text,
        'metadata', metadata_json));
  END IF;
  RETURN ledger.keep_answer(tenant_name, key, request, home, answer);
END $$;

CREATE FUNCTION ledger.change_account(
  tenant_name text, key uuid, request uuid, home smallint,
  partitions smallint[], epochs bigint[], target uuid, change text, trace_text text)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  wanted CONSTANT "char" := CASE change WHEN 'freeze' THEN 'f' WHEN 'unfreeze' THEN 'o' ELSE 'c' END;
  a ledger.account;
  detail_row ledger.account_detail;
  answer jsonb;
  result ledger.written;
BEGIN
  result := ledger.begin_request(tenant_name, key, request, partitions, epochs);
  IF result.outcome IS NOT NULL THEN
    RETURN result;
  END IF;
  PERFORM pg_advisory_xact_lock(ledger.account_lock(tenant_name, target));
  SELECT * INTO a FROM ledger.account t WHERE t.tenant = tenant_name AND t.account_id = target;
  answer := CASE
    WHEN a.account_id IS NULL THEN jsonb_build_object('code', 'account-not-found', 'accountId', target)
    WHEN a.status = 'c' THEN jsonb_build_object('code', 'account-closed', 'accountId', target)
    WHEN wanted = 'c' AND (a.posted_credits <> a.posted_debits
                           OR a.pending_debits <> 0 OR a.pending_credits <> 0)
      THEN jsonb_build_object('code', 'account-not-empty', 'accountId', target)
  END;
  IF answer IS NULL THEN
    IF a.status <> wanted THEN
      UPDATE ledger.account t
         SET status = wanted, version = t.version + 1,
             recorded_at = GREATEST(clock_timestamp(), t.recorded_at)
       WHERE t.tenant = tenant_name AND t.account_id = target
      RETURNING * INTO a;
      INSERT INTO ledger.outbox
        (aggregate_id, written_at, partition, slot, kind, tenant, trace, event_type, payload)
      VALUES (target, a.recorded_at, a.partition, ledger.slot_of(a.partition), 'a', tenant_name, trace_text,
        CASE change WHEN 'freeze' THEN 'AccountFrozen' WHEN 'unfreeze' THEN 'AccountUnfrozen'
                    ELSE 'AccountClosed' END,
        jsonb_build_object('accountId', target, 'tenant', tenant_name, 'version', a.version::text,
          'recordedAt', a.recorded_at));
    END IF;
    SELECT * INTO detail_row FROM ledger.account_detail d
     WHERE d.tenant = tenant_name AND d.account_id = target;
    answer := ledger.account_json(a, detail_row);
  END IF;
  RETURN ledger.keep_answer(tenant_name, key, request, home, answer);
END $$;

-- Changes metadata key by key (RFC 7396; null removes), if its version is among those expected (null: any).
CREATE FUNCTION ledger.patch_metadata(
  tenant_name text, key uuid, request uuid, home smallint,
  partitions smallint[], epochs bigint[], target uuid, changes jsonb, expected integer[],
  trace_text text)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  most_pairs CONSTANT integer := 50;
  a ledger.account;
  detail_row ledger.account_detail;
  merged jsonb;
  pairs integer;
  answer jsonb;
  result ledger.written;
BEGIN
  result := ledger.begin_request(tenant_name, key, request, partitions, epochs);
  IF result.outcome IS NOT NULL THEN
    RETURN result;
  END IF;
  PERFORM pg_advisory_xact_lock(ledger.account_lock(tenant_name, target));
  SELECT * INTO a FROM ledger.account t WHERE t.tenant = tenant_name AND t.account_id = target;
  SELECT * INTO detail_row FROM ledger.account_detail d
   WHERE d.tenant = tenant_name AND d.account_id = target;
  merged := jsonb_strip_nulls(detail_row.metadata || changes);
  SELECT count(*) INTO pairs FROM jsonb_object_keys(merged);
  answer := CASE
    WHEN a.account_id IS NULL THEN jsonb_build_object('code', 'account-not-found', 'accountId', target)
    WHEN detail_row.metadata_version <> ALL (expected)
      THEN jsonb_build_object('code', 'metadata-version-mismatch', 'accountId', target,
                              'metadataVersion', detail_row.metadata_version)
    WHEN pairs > most_pairs
      THEN jsonb_build_object('code', 'too-much-metadata', 'accountId', target, 'pairs', pairs)
  END;
  IF answer IS NULL THEN
    IF merged <> detail_row.metadata THEN
      UPDATE ledger.account_detail d SET metadata = merged, metadata_version = d.metadata_version + 1
       WHERE d.tenant = tenant_name AND d.account_id = target
      RETURNING * INTO detail_row;
      UPDATE ledger.account t
         SET version = t.version + 1, recorded_at = GREATEST(clock_timestamp(), t.recorded_at)
       WHERE t.tenant = tenant_name AND t.account_id = target
      RETURNING * INTO a;
      INSERT INTO ledger.outbox
        (aggregate_id, written_at, partition, slot, kind, tenant, trace, event_type, payload)
      VALUES (target, a.recorded_at, a.partition, ledger.slot_of(a.partition), 'a', tenant_name, trace_text,
        'AccountMetadataChanged',
        jsonb_build_object('accountId', target, 'tenant', tenant_name, 'version', a.version::text,
          'recordedAt', a.recorded_at, 'metadata', detail_row.metadata,
          'metadataVersion', detail_row.metadata_version));
    END IF;
    answer := ledger.account_json(a, detail_row);
  END IF;
  RETURN ledger.keep_answer(tenant_name, key, request, home, answer);
END $$;
