-- Transfers that are accepted at once and posted soon, many together.
--
-- A row lives where its first debited account does: in that account's partition, on its shard, and its id
-- carries that partition. So what it asks for can be posted, and the row settled, in one transaction; and
-- whoever moves a partition moves what waits in it, too.
--
-- Lock order: key, partitions, intakes (in id order), accounts.
SET LOCAL ROLE atlas_owner;

CREATE DOMAIN ledger.intake_status AS "char" CHECK (VALUE IN ('a', 'p', 'r'));
CREATE DOMAIN ledger.intake_accounts AS uuid[] CHECK (cardinality(VALUE) BETWEEN 1 AND 100);
CREATE DOMAIN ledger.intake_amounts AS bigint[] CHECK (cardinality(VALUE) BETWEEN 1 AND 100);

-- What was asked for never changes; what became of it is written once: 'a' accepted, 'p' posted as
-- transfer_id, 'r' refused. `attempts` counts how often posting it failed. `trace` is the request's. That
-- the arrays belong together is looked at when they are posted: a check of the table, parsed anew for every
-- row that is accepted, cost a quarter of what accepting it takes of the processor.
CREATE TABLE ledger.intake (
  intake_id    uuid        NOT NULL,
  accepted_at  timestamptz NOT NULL,
  resend_at    timestamptz NOT NULL,
  settled_at   timestamptz,
  effective_at timestamptz,
  attempts     integer     NOT NULL DEFAULT 0,
  partition    smallint    NOT NULL,
  status       ledger.intake_status NOT NULL DEFAULT 'a',
  tenant       text COLLATE "C" NOT NULL,
  debits       ledger.intake_accounts NOT NULL,
  credits      ledger.intake_accounts NOT NULL,
  amounts      ledger.intake_amounts NOT NULL,
  reference    text,
  trace        text,
  metadata     jsonb,
  transfer_id  uuid,
  refusal      jsonb,
  PRIMARY KEY (tenant, intake_id)
);
-- What the sweep looks for; a row leaves this index when it is settled.
CREATE INDEX intake_by_resend ON ledger.intake (resend_at) WHERE status = 'a';

ALTER TABLE ledger.intake ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger.intake FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON ledger.intake TO atlas_api
  USING (tenant = current_setting('atlas.tenant', true))
  WITH CHECK (tenant = current_setting('atlas.tenant', true));
-- The sweep finds out what waits, of any tenant, and then acts as that tenant.
CREATE POLICY jobs_find_waiting ON ledger.intake FOR SELECT TO atlas_jobs USING (status = 'a');
GRANT SELECT, INSERT ON ledger.intake TO atlas_api;
GRANT UPDATE (status, transfer_id, refusal, settled_at, attempts, resend_at) ON ledger.intake TO atlas_api;

-- The partition in which the thing with this id was born (layers/domain/src/ids.ts).
CREATE FUNCTION ledger.partition_of_id(id uuid) RETURNS smallint LANGUAGE sql IMMUTABLE
RETURN (((get_byte(uuid_send(id), 6) & 15) << 4) | (get_byte(uuid_send(id), 7) >> 4))::smallint;

-- Keeps a transfer to be posted later, under its key. Locks: the key, the partitions (shared). A refusal
-- that needs no account is found by the caller, and kept instead.
--
-- One statement for what is commonest: the key is new, and this shard owns the partition in the epoch that
-- the caller was routed with. With begin_request and keep_answer, and the table's check, it took twice as
-- much of the processor; more than posting the transfer, for which there would have been no point in waiting.
CREATE FUNCTION ledger.accept_intake(
  tenant_name text, key uuid, request uuid, home smallint, partitions smallint[], epochs bigint[],
  new_intake uuid, born smallint, debit_ids uuid[], credit_ids uuid[], amounts_minor bigint[],
  reference_text text, metadata_json jsonb, effective timestamptz, refusal jsonb, trace_text text)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  is_alone CONSTANT boolean := cardinality(partitions) = 1;
  moment timestamptz;
  answer jsonb;
  ignored text;
  result ledger.written;
BEGIN
  IF refusal IS NOT NULL THEN
    result := ledger.begin_request(tenant_name, key, request, partitions, epochs);
    IF result.outcome IS NULL THEN
      result := ledger.keep_answer(tenant_name, key, request, home, refusal);
    END IF;
    RETURN result;
  END IF;
  -- Calls in assignments are evaluated in place; PERFORM would start the executor for each.
  ignored := set_config('atlas.tenant', tenant_name, true);
  IF NOT pg_try_advisory_xact_lock(ledger.key_lock(key)) THEN
    result.outcome := 'in-flight';
    RETURN result;
  END IF;
  IF is_alone THEN
    ignored := pg_advisory_xact_lock_shared(421, born)::text;
  ELSE
    PERFORM ledger.hold_partitions(partitions, epochs);
  END IF;
  moment := clock_timestamp();
  answer := jsonb_build_object('intakeId', new_intake, 'acceptedAt', moment);
  WITH kept AS (
    INSERT INTO ledger.idempotency_key (tenant, key_hash, request_hash, partition, answer)
    SELECT tenant_name, key, request, home, answer
     WHERE NOT EXISTS (SELECT FROM ledger.transfer t WHERE t.tenant = tenant_name AND t.key_hash = key)
       AND NOT EXISTS (SELECT FROM ledger.idempotency_key k
                        WHERE k.tenant = tenant_name AND k.key_hash = key)
       AND (NOT is_alone
            OR EXISTS (SELECT FROM ledger.partition_owner o
                        WHERE o.partition = born AND o.epoch = epochs[1] AND o.state = 'owned'))
    RETURNING 1
  )
  INSERT INTO ledger.intake (intake_id, accepted_at, resend_at, effective_at, partition, tenant, debits,
    credits, amounts, reference, trace, metadata)
  SELECT new_intake, moment, moment + interval '1 minute', effective, born, tenant_name, debit_ids,
         credit_ids, amounts_minor, reference_text, trace_text, metadata_json
    FROM kept;
  IF NOT FOUND THEN
    result := ledger.look_up_key(tenant_name, key, request);
    IF result.outcome IS NULL THEN
      PERFORM ledger.hold_partitions(partitions, epochs);
      RAISE EXCEPTION 'an intake was kept neither here nor elsewhere';
    END IF;
    RETURN result;
  END IF;
  result.outcome := 'done';
  result.detail := answer::text;
  RETURN result;
END $$;

-- What became of it; what was asked for is not read back.
CREATE FUNCTION ledger.read_intake(tenant_name text, wanted uuid)
RETURNS TABLE (
  intake_id uuid, status text, accepted_at timestamptz, settled_at timestamptz, transfer_id uuid,
  refusal jsonb, attempts integer)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  RETURN QUERY
  SELECT i.intake_id, i.status::text, i.accepted_at, i.settled_at, i.transfer_id, i.refusal, i.attempts
    FROM ledger.intake i WHERE i.tenant = tenant_name AND i.intake_id = wanted;
END $$;

-- What became of an intake in this call: 'posted' or 'refused' now, 'settled' before, 'left' for another
-- call because the transaction has its fill, 'unknown' if there is none.
CREATE TYPE ledger.intake_result AS (intake_id uuid, outcome text);

-- Posts what was accepted, in id order, each item by itself, in one transaction: an item is posted and
-- its row settled, or neither. Whoever comes second waits for the row, finds it settled, and does nothing.
--
-- Locks: the partitions (shared) of the intakes, and of their accounts in any epoch; then the intakes and
-- the accounts, each in id order. What was accepted never changes, so its accounts can be told before
-- anything is locked. At most a thousand postings in one call, as in a batch: each takes two locks.
-- `new_transfers` are the ids that they get, in the places of `wanted`.
CREATE FUNCTION ledger.post_intakes(
  tenant_name text, partitions smallint[], epochs bigint[], wanted uuid[], new_transfers uuid[],
  trace_text text)
RETURNS SETOF ledger.intake_result LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  most_postings CONSTANT integer := 1000;
  chosen uuid[];
  touched smallint[];
  elsewhere smallint[];
  taken ledger.intake[];
  ids uuid[];
  transfers uuid[];
  given jsonb[];
  firsts integer[];
  lasts integer[];
  reference_texts text[];
  metadatas jsonb[];
  effectives timestamptz[];
  accounts uuid[];
  debits integer[];
  credits integer[];
  amounts bigint[];
  applied ledger.applied;
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  SELECT array_agg(n.intake_id) INTO chosen
    FROM (SELECT i.intake_id, sum(cardinality(i.amounts)) OVER (ORDER BY i.intake_id) AS postings
            FROM ledger.intake i
           WHERE i.tenant = tenant_name AND i.intake_id = ANY (wanted) AND i.status = 'a') AS n
   WHERE n.postings <= most_postings;
  SELECT array_agg(DISTINCT ledger.partition_of_id(m.account_id)) INTO touched
    FROM ledger.intake i, unnest(i.debits || i.credits) AS m(account_id)
   WHERE i.tenant = tenant_name AND i.intake_id = ANY (chosen);
  -- An account on another shard refuses its item, and nobody else's; a partition that is on its way
  -- holds the call up until it has arrived.
  SELECT coalesce(array_agg(o.partition), '{}') INTO elsewhere
    FROM ledger.partition_owner o
   WHERE o.partition = ANY (touched) AND o.partition <> ALL (partitions) AND o.state = 'foreign';
  SELECT array_agg(u.partition ORDER BY u.partition), array_agg(u.epoch ORDER BY u.partition)
    INTO partitions, epochs
    FROM (SELECT r.partition, r.epoch FROM unnest(partitions, epochs) AS r(partition, epoch)
           UNION ALL
          SELECT t.partition, NULL FROM unnest(touched) AS t(partition)
           WHERE t.partition <> ALL (partitions) AND t.partition <> ALL (elsewhere)) AS u;
  PERFORM ledger.hold_partitions(partitions, epochs);
  -- Whoever had to wait for a row sees what the other left: the condition is looked at again.
  SELECT array_agg(l.intake ORDER BY l.intake_id), array_agg(l.intake_id ORDER BY l.intake_id)
    INTO taken, ids
    FROM (SELECT i AS intake, i.intake_id FROM ledger.intake i
           WHERE i.tenant = tenant_name AND i.intake_id = ANY (chosen) AND i.status = 'a'
           ORDER BY i.intake_id FOR UPDATE) AS l;

  IF taken IS NOT NULL THEN
    -- Otherwise one would be posted with what another asks for.
    IF EXISTS (SELECT FROM unnest(taken) AS t
                WHERE cardinality(t.debits) <> cardinality(t.amounts)
                   OR cardinality(t.credits) <> cardinality(t.amounts)
                   OR array_position(t.debits || t.credits, NULL) IS NOT NULL) THEN
      RAISE EXCEPTION 'the postings of an intake do not fit together';
    END IF;
    SELECT array_agg(CASE WHEN t.debits && x.accounts OR t.credits && x.accounts THEN
             jsonb_build_object('code', 'cross-shard-transfer', 'accountIds',
               jsonb_build_array(t.debits[1], (
                 SELECT m.account_id FROM unnest(t.debits, t.credits) WITH ORDINALITY AS p(d, c, n),
                        LATERAL (VALUES (1, p.d), (2, p.c)) AS m(side, account_id)
                  WHERE m.account_id = ANY (x.accounts) ORDER BY p.n, m.side LIMIT 1))) END
             ORDER BY t.ordinality)
      INTO given
      FROM unnest(taken) WITH ORDINALITY AS t,
           LATERAL (SELECT array_agg(m.account_id) AS accounts
                      FROM unnest(t.debits || t.credits) AS m(account_id)
                     WHERE ledger.partition_of_id(m.account_id) = ANY (elsewhere)) AS x;
    SELECT array_agg(new_transfers[array_position(wanted, n.intake_id)] ORDER BY n.place),
           array_agg(n.upto - n.own + 1 ORDER BY n.place), array_agg(n.upto ORDER BY n.place),
           array_agg(n.reference ORDER BY n.place), array_agg(n.metadata ORDER BY n.place),
           CASE WHEN count(n.effective_at) > 0 THEN array_agg(n.effective_at ORDER BY n.place) END
      INTO transfers, firsts, lasts, reference_texts, metadatas, effectives
      FROM (SELECT t.intake_id, t.reference, t.metadata, t.effective_at, o.own, t.ordinality AS place,
                   (sum(o.own) OVER (ORDER BY t.ordinality))::integer AS upto
              FROM unnest(taken) WITH ORDINALITY AS t,
                   LATERAL (SELECT CASE WHEN given[t.ordinality] IS NULL
                                        THEN cardinality(t.amounts) ELSE 0 END AS own) AS o) AS n;
    WITH postings AS (
      SELECT t.ordinality AS item, p.ordinal, p.debit, p.credit, p.amount
        FROM unnest(taken) WITH ORDINALITY AS t,
             LATERAL unnest(t.debits, t.credits, t.amounts) WITH ORDINALITY
               AS p(debit, credit, amount, ordinal)
       WHERE given[t.ordinality] IS NULL
    ), named AS (
      SELECT a.account_id, (row_number() OVER (ORDER BY a.account_id))::integer AS place
        FROM (SELECT p.debit AS account_id FROM postings p
               UNION SELECT p.credit FROM postings p) AS a
    )
    SELECT (SELECT coalesce(array_agg(n.account_id ORDER BY n.place), '{}') FROM named n),
           array_agg(d.place ORDER BY p.item, p.ordinal), array_agg(c.place ORDER BY p.item, p.ordinal),
           array_agg(p.amount ORDER BY p.item, p.ordinal)
      INTO accounts, debits, credits, amounts
      FROM postings p
      JOIN named d ON d.account_id = p.debit
      JOIN named c ON c.account_id = p.credit;
    -- A single one is told under the trace of its request, several under that of who posts them.
    applied := ledger.apply_items(tenant_name, false, false, repeat('t', cardinality(ids)), transfers,
      NULL, firsts, lasts, accounts, debits, credits, amounts, NULL, NULL, NULL, reference_texts,
      metadatas, effectives, given,
      CASE WHEN cardinality(ids) = 1 THEN (taken[1]).trace ELSE trace_text END);
    UPDATE ledger.intake i
       SET status = CASE WHEN n.refusal IS NULL THEN 'p' ELSE 'r' END,
           transfer_id = CASE WHEN n.refusal IS NULL THEN n.transfer_id END,
           refusal = n.refusal, settled_at = applied.recorded_at
      FROM unnest(ids, transfers, applied.refusals) AS n(intake_id, transfer_id, refusal)
     WHERE i.tenant = tenant_name AND i.intake_id = n.intake_id;
  END IF;

  RETURN QUERY
  SELECT w.id, CASE
           WHEN i.intake_id IS NULL THEN 'unknown'
           WHEN i.status = 'a' THEN 'left'
           WHEN ids IS NULL OR w.id <> ALL (ids) THEN 'settled'
           WHEN i.status = 'p' THEN 'posted'
           ELSE 'refused'
         END
    FROM unnest(wanted) AS w(id)
    LEFT JOIN ledger.intake i ON i.tenant = tenant_name AND i.intake_id = w.id;
END $$;

-- Counts an attempt to post it that failed, in a transaction of its own: the attempt's was undone.
CREATE FUNCTION ledger.fail_intake(tenant_name text, failed uuid)
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  UPDATE ledger.intake i SET attempts = i.attempts + 1
   WHERE i.tenant = tenant_name AND i.intake_id = failed AND i.status = 'a';
END $$;

-- What has waited for so long that its message may be lost, of any tenant, longest overdue first. For the
-- role of the jobs.
CREATE FUNCTION ledger.waiting_intakes(page integer)
RETURNS TABLE (tenant text, intake_id uuid) LANGUAGE sql STABLE AS $$
  SELECT i.tenant::text, i.intake_id FROM ledger.intake i
   WHERE i.status = 'a' AND i.resend_at <= clock_timestamp()
   ORDER BY i.resend_at
   LIMIT page
$$;

-- Their messages were sent again: they may wait once more as long as they have, at least a minute and at
-- most an hour. Passes over what is being posted at this moment.
CREATE FUNCTION ledger.note_resent(tenant_name text, resent uuid[])
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  UPDATE ledger.intake i
     SET resend_at = clock_timestamp()
           + LEAST(GREATEST(clock_timestamp() - i.accepted_at, interval '1 minute'), interval '1 hour')
    FROM (SELECT w.intake_id FROM ledger.intake w
           WHERE w.tenant = tenant_name AND w.intake_id = ANY (resent) AND w.status = 'a'
           ORDER BY w.intake_id FOR UPDATE SKIP LOCKED) AS free
   WHERE i.tenant = tenant_name AND i.intake_id = free.intake_id;
END $$;

-- How many wait, for how long the oldest has, and how many of them failed before. For the role of the jobs.
CREATE FUNCTION ledger.intake_depth(OUT waiting bigint, OUT oldest_age_ms bigint, OUT failing bigint)
LANGUAGE sql STABLE AS $$
  SELECT count(*),
         coalesce(extract(epoch FROM clock_timestamp() - min(i.accepted_at)) * 1000, 0)::bigint,
         count(*) FILTER (WHERE i.attempts > 0)
    FROM ledger.intake i
   WHERE i.status = 'a'
$$;
