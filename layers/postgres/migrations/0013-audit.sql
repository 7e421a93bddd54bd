-- A hash chain for each partition over everything that was ever committed: transfers, their postings and
-- entries, reversals, holds. Blocks are sealed behind the commits, by a job, and cost them nothing.
--
-- What waits to be sealed is known from the outbox, which has a row of each commit, written in it: a row
-- that leaves the outbox becomes a row of ledger.audit_pending in the same transaction, and a block takes
-- it from there in the transaction that appends it. So each leaf is in exactly one of the three in every
-- snapshot, in whatever order ids commit. There is no cursor, and no id is compared with another.
--
-- Locks: of each table that is read here, all access, in the order in which a posting writes; then of the
-- outbox, all writes, so that what was there before is put among what waits, and nothing slips past.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'atlas_audit') THEN
    CREATE ROLE atlas_audit LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
  END IF;
  -- Nobody waits for its answers; a whole audit is a few long statements.
  ALTER ROLE atlas_audit SET statement_timeout = '1h';
  ALTER ROLE atlas_audit SET lock_timeout = '2s';
  ALTER ROLE atlas_audit SET idle_in_transaction_session_timeout = '10s';
END $$;
GRANT USAGE ON SCHEMA ledger TO atlas_audit;

SET LOCAL ROLE atlas_owner;

-- It reads what it seals, of every tenant, and can change nothing of it.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['account', 'transfer', 'posting', 'reversal', 'hold', 'entry', 'outbox',
                              'partition_owner'] LOOP
    EXECUTE format('CREATE POLICY audit_reads ON ledger.%I FOR SELECT TO atlas_audit USING (true)', name);
    EXECUTE format('GRANT SELECT ON ledger.%I TO atlas_audit', name);
  END LOOP;
END $$;

-- A leaf is about a transfer ('t'), as far as it is of one partition; a hold as it was placed ('h') or as it
-- ended ('z'); or an entry that a hold wrote ('e': the account and its version).
CREATE DOMAIN ledger.leaf_kind AS "char" CHECK (VALUE IN ('t', 'h', 'z', 'e'));

CREATE TABLE ledger.audit_pending (
  id        uuid        NOT NULL,
  version   bigint      NOT NULL,
  since     timestamptz NOT NULL,
  partition smallint    NOT NULL,
  kind      ledger.leaf_kind NOT NULL,
  tenant    text COLLATE "C" NOT NULL,
  PRIMARY KEY (partition, tenant, kind, id, version)
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000);

-- A block is of one tenant, so that nobody’s proof tells of another's, and links to the one below it in its
-- partition, whosever that is. Kinds, ids and versions name its leaves, in order; a mark is the beginning of
-- the hash of a row, four bytes for each row of each leaf, by which a row that was changed is found. All
-- columns are bound by the hash. What the hashes are of is written in docs/architecture/audit-chain.md.
CREATE TABLE ledger.audit_block (
  partition     smallint    NOT NULL CHECK (partition BETWEEN 0 AND 255),
  height        integer     NOT NULL CHECK (height > 0),
  leaf_count    integer     NOT NULL CHECK (leaf_count > 0),
  sealed_at     timestamptz NOT NULL,
  tenant        text COLLATE "C" NOT NULL,
  previous_hash bytea       NOT NULL CHECK (length(previous_hash) = 32),
  root          bytea       NOT NULL CHECK (length(root) = 32),
  hash          bytea       NOT NULL CHECK (length(hash) = 32),
  -- The least id of its transfers; and the greatest one of this and all earlier blocks of the tenant here.
  first_id      uuid,
  greatest_id   uuid,
  kinds         text        NOT NULL,
  ids           uuid[]      NOT NULL,
  -- Null where all of them are 0.
  versions      bigint[],
  marks         bytea       NOT NULL,
  PRIMARY KEY (partition, height)
);
-- Hashes and random ids do not become smaller.
ALTER TABLE ledger.audit_block ALTER COLUMN ids SET STORAGE EXTERNAL;
ALTER TABLE ledger.audit_block ALTER COLUMN marks SET STORAGE EXTERNAL;
CREATE INDEX audit_block_by_id ON ledger.audit_block (tenant, partition, greatest_id);

-- How far the job that looks again has come: the height of the last block, 0 where it begins anew.
CREATE TABLE ledger.audit_progress (
  partition   smallint    PRIMARY KEY,
  height      integer     NOT NULL,
  verified_at timestamptz NOT NULL
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['audit_pending', 'audit_block', 'audit_progress'] LOOP
    EXECUTE format('ALTER TABLE ledger.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE ledger.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY audit_keeps ON ledger.%I TO atlas_audit USING (true) WITH CHECK (true)',
                   name);
  END LOOP;
END $$;
CREATE POLICY relay_queues ON ledger.audit_pending FOR INSERT TO atlas_relay WITH CHECK (true);
CREATE POLICY own_tenant ON ledger.audit_block FOR SELECT TO atlas_api
  USING (tenant = current_setting('atlas.tenant', true));
GRANT INSERT ON ledger.audit_pending TO atlas_relay;
GRANT SELECT ON ledger.audit_block TO atlas_api;
GRANT SELECT, DELETE ON ledger.audit_pending TO atlas_audit;
-- Nobody who signs in may change a block or take one away.
GRANT SELECT, INSERT ON ledger.audit_block TO atlas_audit;
GRANT SELECT, INSERT, UPDATE ON ledger.audit_progress TO atlas_audit;

-- The leaf that an event stands for, null for an event of something that is not sealed.
CREATE FUNCTION ledger.leaf_of(mail_kind ledger.outbox_kind, event_type text, payload jsonb)
RETURNS "char" LANGUAGE sql IMMUTABLE RETURN
  CASE WHEN mail_kind = 't' THEN 't'
       WHEN event_type = 'AccountEntered' THEN 'e'
       WHEN event_type = 'HoldPlaced' THEN 'h'
       WHEN event_type IN ('HoldVoided', 'HoldExpired') THEN 'z'
       -- A capture ends the hold when nothing remains.
       WHEN event_type = 'HoldCaptured' AND payload->>'remaining' = '0' THEN 'z'
  END::"char";

-- A trigger rather than a part of ledger.acknowledge_outbox: it binds whoever deletes, a relay of an
-- earlier version too. It runs as the relay, after its statement; nothing of it runs when a row is written.
CREATE FUNCTION ledger.await_sealing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ledger.audit_pending (partition, tenant, kind, id, version, since)
  SELECT g.partition, g.tenant, l.kind, g.aggregate_id,
         CASE WHEN l.kind = 'e' THEN (g.payload->>'version')::bigint ELSE 0 END, g.written_at
    FROM gone g
   CROSS JOIN LATERAL (SELECT ledger.leaf_of(g.kind, g.event_type, g.payload) AS kind) AS l
   WHERE l.kind IS NOT NULL
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER await_sealing AFTER DELETE ON ledger.outbox
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION ledger.await_sealing();

-- The partition that an id carries (layers/domain/src/ids.ts).
CREATE FUNCTION ledger.born_in(id uuid) RETURNS smallint LANGUAGE sql IMMUTABLE RETURN
  ('x' || substr(id::text, 16, 2))::bit(8)::integer::smallint;

-- A time to the microsecond, in UTC.
CREATE FUNCTION ledger.audit_time(at timestamptz) RETURNS text LANGUAGE sql STABLE RETURN
  to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- Pairs in the order of their names, byte by byte. What is null stays so.
CREATE FUNCTION ledger.audit_pairs(pairs jsonb) RETURNS json LANGUAGE sql IMMUTABLE RETURN
  CASE WHEN pairs IS NOT NULL THEN
    (SELECT coalesce(json_agg(json_build_array(p.key, p.value) ORDER BY p.key COLLATE "C"), '[]')
       FROM jsonb_each(pairs) AS p)
  END;

-- An entry in its canonical form.
CREATE FUNCTION ledger.entry_line(e ledger.entry) RETURNS text LANGUAGE sql STABLE RETURN
  json_build_array('entry', e.tenant, e.account_id, e.version::text, e.partition::text, e.transfer_id,
    e.kind::text, e.direction::text, e.amount::text, e.balance_after::text,
    e.pending_debits_after::text, e.pending_credits_after::text,
    ledger.audit_time(e.recorded_at))::text;

-- The rows of a leaf in their order, each in its canonical form: a JSON array of texts, with every column of
-- the row. A row that should be there and is not has no line. Which rows should be there follows from the
-- leaf, from the partitions that ids carry, and from the transfer and its postings, whose lines come first:
-- so the first line that differs is that of a row which was changed.
CREATE FUNCTION ledger.audit_rows(
  of_partition smallint, tenant_name text, leaf_kind "char", leaf_id uuid, leaf_version bigint)
RETURNS TABLE (place integer, relation text, row_key text, line text)
LANGUAGE sql STABLE AS $$
  SELECT 1, 'transfer', leaf_id::text,
         (SELECT json_build_array('transfer', t.tenant, t.transfer_id, t.partition::text,
                   t.debit_account, t.credit_account, t.amount::text, t.debit_version::text,
                   t.credit_version::text, ledger.audit_time(t.recorded_at),
                   ledger.audit_time(t.effective_at), t.postings::text, t.reference,
                   ledger.audit_pairs(t.metadata), t.hold_id, t.reverses, t.key_hash,
                   t.request_hash)::text
            FROM ledger.transfer t WHERE t.tenant = tenant_name AND t.transfer_id = leaf_id)
   WHERE leaf_kind = 't' AND ledger.born_in(leaf_id) = of_partition
   UNION ALL
  SELECT 2, 'reversal', t.reverses::text,
         (SELECT json_build_array('reversal', v.tenant, v.transfer_id, v.reversal_id,
                   v.partition::text)::text
            FROM ledger.reversal v WHERE v.tenant = tenant_name AND v.transfer_id = t.reverses)
    FROM ledger.transfer t
   WHERE leaf_kind = 't' AND ledger.born_in(leaf_id) = of_partition
     AND t.tenant = tenant_name AND t.transfer_id = leaf_id AND t.reverses IS NOT NULL
   UNION ALL
  SELECT 1 + n.ordinal, 'posting', leaf_id || '/' || n.ordinal,
         (SELECT json_build_array('posting', p.tenant, p.transfer_id, p.ordinal::text,
                   p.partition::text, p.debit_account, p.credit_account, p.amount::text,
                   p.debit_version::text, p.credit_version::text)::text
            FROM ledger.posting p
           WHERE p.tenant = tenant_name AND p.transfer_id = leaf_id AND p.ordinal = n.ordinal)
    FROM ledger.transfer t CROSS JOIN generate_series(2, t.postings) AS n(ordinal)
   WHERE leaf_kind = 't' AND ledger.born_in(leaf_id) = of_partition
     AND t.tenant = tenant_name AND t.transfer_id = leaf_id
   UNION ALL
  SELECT 200 + 2 * q.ordinal + s.side, 'entry', s.account_id || '/' || s.version,
         (SELECT ledger.entry_line(e) FROM ledger.entry e
           WHERE e.tenant = tenant_name AND e.account_id = s.account_id AND e.version = s.version)
    FROM (SELECT 1 AS ordinal, t.debit_account, t.credit_account, t.debit_version, t.credit_version
            FROM ledger.transfer t WHERE t.tenant = tenant_name AND t.transfer_id = leaf_id
           UNION ALL
          SELECT p.ordinal, p.debit_account, p.credit_account, p.debit_version, p.credit_version
            FROM ledger.posting p WHERE p.tenant = tenant_name AND p.transfer_id = leaf_id) AS q
   CROSS JOIN LATERAL (VALUES (0, q.debit_account, q.debit_version),
                              (1, q.credit_account, q.credit_version)) AS s(side, account_id, version)
   WHERE leaf_kind = 't' AND ledger.born_in(s.account_id) = of_partition
   UNION ALL
  SELECT 1, 'entry', leaf_id || '/' || leaf_version,
         (SELECT ledger.entry_line(e) FROM ledger.entry e
           WHERE e.tenant = tenant_name AND e.account_id = leaf_id AND e.version = leaf_version)
   WHERE leaf_kind = 'e'
   UNION ALL
  SELECT 1, 'hold', leaf_id::text,
         (SELECT CASE leaf_kind WHEN 'h' THEN
                   json_build_array('hold', h.tenant, h.hold_id, h.partition::text,
                     h.credit_partition::text, h.debit_account, h.credit_account, h.asset,
                     h.amount::text, ledger.audit_time(h.placed_at), ledger.audit_time(h.expires_at),
                     h.reference, ledger.audit_pairs(h.metadata))
                 ELSE
                   json_build_array('hold-end', h.tenant, h.hold_id, h.status::text,
                     h.captured::text, h.version::text)
                 END::text
            FROM ledger.hold h WHERE h.tenant = tenant_name AND h.hold_id = leaf_id)
   WHERE leaf_kind IN ('h', 'z')
$$;

-- Whose leaves wait, and in which partitions.
CREATE FUNCTION ledger.pending_chains() RETURNS TABLE (partition smallint, tenant text)
LANGUAGE sql STABLE AS $$
  SELECT DISTINCT q.partition, q.tenant::text FROM ledger.audit_pending q ORDER BY 1, 2
$$;

CREATE FUNCTION ledger.audit_depth(OUT waiting bigint, OUT oldest_age_ms bigint)
LANGUAGE sql STABLE AS $$
  SELECT count(*),
         coalesce(extract(epoch FROM clock_timestamp() - min(q.since)) * 1000, 0)::bigint
    FROM ledger.audit_pending q
$$;

-- Leaves that wait, in the order of their kinds and ids, after the one given (null: from the first).
CREATE FUNCTION ledger.read_pending(
  of_partition smallint, tenant_name text, after_kind text, after_id uuid, after_version bigint,
  page integer)
RETURNS TABLE (
  kind text, id uuid, version bigint, relation text, row_key text, line text)
LANGUAGE sql STABLE AS $$
  SELECT q.kind::text, q.id, q.version, r.relation, r.row_key, r.line
    FROM (SELECT p.kind, p.id, p.version FROM ledger.audit_pending p
           WHERE p.partition = of_partition AND p.tenant = tenant_name
             AND (after_kind IS NULL
                  OR (p.kind, p.id, p.version) > (after_kind::"char", after_id, after_version))
           ORDER BY p.kind, p.id, p.version
           LIMIT page) AS q
    LEFT JOIN LATERAL ledger.audit_rows(of_partition, tenant_name, q.kind, q.id, q.version) AS r ON true
   ORDER BY q.kind, q.id, q.version, r.place
$$;

-- What the next block of a tenant stands on: the last block of the partition (height 0 and a hash of
-- zeros: none yet), the greatest id that the tenant has sealed there, and the time, which never goes back.
CREATE FUNCTION ledger.audit_tip(of_partition smallint, tenant_name text)
RETURNS TABLE (height integer, hash text, greatest_id uuid, sealed_at text)
LANGUAGE sql STABLE AS $$
  SELECT coalesce(b.height, 0), coalesce(encode(b.hash, 'hex'), repeat('00', 32)),
         (SELECT g.greatest_id FROM ledger.audit_block g
           WHERE g.partition = of_partition AND g.tenant = tenant_name AND g.greatest_id IS NOT NULL
           ORDER BY g.greatest_id DESC LIMIT 1),
         ledger.audit_time(GREATEST(b.sealed_at, clock_timestamp()))
    FROM (VALUES (1)) AS one
    LEFT JOIN (SELECT l.* FROM ledger.audit_block l
                WHERE l.partition = of_partition ORDER BY l.height DESC LIMIT 1) AS b ON true
$$;

-- Appends a block to the chain of its partition, and takes its leaves from what waits. False, and nothing
-- is done, where another was faster: the chain has grown, or a leaf is sealed already.
--
-- Locks: the partition (shared) as every write does, which raises AT421 where this shard does not own it;
-- then the chain. Only whoever has the lock of the chain takes leaves from it, so the count is true.
CREATE FUNCTION ledger.append_block(
  of_partition smallint, tenant_name text, at_height integer, previous text, new_root text, new_hash text,
  sealed text, first_transfer uuid, greatest_transfer uuid, leaf_kinds text, leaf_ids uuid[],
  leaf_versions bigint[], row_marks text)
RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  tip record;
  waiting integer;
BEGIN
  PERFORM ledger.hold_partitions(ARRAY[of_partition], ARRAY[NULL::bigint]);
  PERFORM pg_advisory_xact_lock(422, of_partition);
  SELECT t.height, t.hash INTO tip FROM ledger.audit_tip(of_partition, tenant_name) t;
  IF tip.height <> at_height - 1 OR tip.hash <> previous THEN
    RETURN false;
  END IF;
  SELECT count(*) INTO waiting
    FROM unnest(string_to_array(leaf_kinds, NULL), leaf_ids, leaf_versions) AS l(kind, id, version)
    JOIN ledger.audit_pending q
      ON q.partition = of_partition AND q.tenant = tenant_name AND q.kind = l.kind::"char"
     AND q.id = l.id AND q.version = coalesce(l.version, 0);
  IF waiting <> cardinality(leaf_ids) THEN
    RETURN false;
  END IF;
  DELETE FROM ledger.audit_pending q
   USING unnest(string_to_array(leaf_kinds, NULL), leaf_ids, leaf_versions) AS l(kind, id, version)
   WHERE q.partition = of_partition AND q.tenant = tenant_name AND q.kind = l.kind::"char"
     AND q.id = l.id AND q.version = coalesce(l.version, 0);
  INSERT INTO ledger.audit_block (partition, height, leaf_count, sealed_at, tenant, previous_hash, root,
    hash, first_id, greatest_id, kinds, ids, versions, marks)
  VALUES (of_partition, at_height, cardinality(leaf_ids), sealed::timestamptz, tenant_name,
    decode(previous, 'hex'), decode(new_root, 'hex'), decode(new_hash, 'hex'), first_transfer,
    greatest_transfer, leaf_kinds, leaf_ids, leaf_versions, decode(row_marks, 'hex'));
  RETURN true;
END $$;

CREATE FUNCTION ledger.audit_heads()
RETURNS TABLE (partition smallint, height integer, hash text)
LANGUAGE sql STABLE AS $$
  SELECT p.partition, b.height, encode(b.hash, 'hex')
    FROM (SELECT generate_series(0, 255)::smallint AS partition) AS p
   CROSS JOIN LATERAL (SELECT l.height, l.hash FROM ledger.audit_block l
                        WHERE l.partition = p.partition ORDER BY l.height DESC LIMIT 1) AS b
   ORDER BY p.partition
$$;

-- The hashes of blocks, null where there is no such block.
CREATE FUNCTION ledger.block_hashes(partitions smallint[], heights integer[])
RETURNS TABLE (partition smallint, height integer, hash text)
LANGUAGE sql STABLE AS $$
  SELECT w.partition, w.height, encode(b.hash, 'hex')
    FROM unnest(partitions, heights) AS w(partition, height)
    LEFT JOIN ledger.audit_block b ON b.partition = w.partition AND b.height = w.height
$$;

-- Blocks of a partition above a height, from below.
CREATE FUNCTION ledger.read_blocks(of_partition smallint, above integer, page integer)
RETURNS TABLE (
  height integer, leaf_count integer, sealed_at text, tenant text, previous_hash text, root text,
  hash text, first_id uuid, greatest_id uuid, kinds text, ids uuid[], versions bigint[], marks text)
LANGUAGE sql STABLE AS $$
  SELECT b.height, b.leaf_count, ledger.audit_time(b.sealed_at), b.tenant::text,
         encode(b.previous_hash, 'hex'), encode(b.root, 'hex'), encode(b.hash, 'hex'), b.first_id,
         b.greatest_id, b.kinds, b.ids, b.versions, encode(b.marks, 'hex')
    FROM ledger.audit_block b
   WHERE b.partition = of_partition AND b.height > above
   ORDER BY b.height
   LIMIT page
$$;

-- The rows of a block as they are now, by the number of their leaf (from 1).
CREATE FUNCTION ledger.read_sealed(of_partition smallint, at_height integer)
RETURNS TABLE (leaf integer, relation text, row_key text, line text)
LANGUAGE sql STABLE AS $$
  SELECT l.place::integer, r.relation, r.row_key, r.line
    FROM ledger.audit_block b
   CROSS JOIN LATERAL unnest(string_to_array(b.kinds, NULL), b.ids, b.versions)
         WITH ORDINALITY AS l(kind, id, version, place)
    LEFT JOIN LATERAL ledger.audit_rows(
           of_partition, b.tenant, l.kind::"char", l.id, coalesce(l.version, 0)) AS r ON true
   WHERE b.partition = of_partition AND b.height = at_height
   ORDER BY l.place, r.place
$$;

-- Rows that no block has, and that do not wait for one: nobody but a writer beside the ledger makes them.
-- Of one tenant, or (null) of all. One statement, so one snapshot; it reads every row of the shard.
CREATE FUNCTION ledger.unsealed_rows(tenant_name text, page integer)
RETURNS TABLE (partition smallint, relation text, row_key text)
LANGUAGE sql STABLE AS $$
  WITH known AS MATERIALIZED (
    SELECT b.tenant, b.partition, l.kind, l.id, coalesce(l.version, 0) AS version
      FROM ledger.audit_block b
     CROSS JOIN LATERAL unnest(string_to_array(b.kinds, NULL), b.ids, b.versions)
        AS l(kind, id, version)
     UNION ALL
    SELECT q.tenant, q.partition, q.kind::text, q.id, q.version FROM ledger.audit_pending q
     UNION ALL
    SELECT o.tenant, o.partition, ledger.leaf_of(o.kind, o.event_type, o.payload)::text, o.aggregate_id,
           CASE o.event_type WHEN 'AccountEntered' THEN (o.payload->>'version')::bigint ELSE 0 END
      FROM ledger.outbox o)
  SELECT t.partition, 'transfer', t.transfer_id::text FROM ledger.transfer t
   WHERE (tenant_name IS NULL OR t.tenant = tenant_name)
     AND NOT EXISTS (SELECT FROM known k
                      WHERE k.tenant = t.tenant AND k.id = t.transfer_id AND k.kind = 't'
                        AND k.partition = ledger.born_in(t.transfer_id))
   UNION ALL
  SELECT p.partition, 'posting', p.transfer_id || '/' || p.ordinal FROM ledger.posting p
   WHERE (tenant_name IS NULL OR p.tenant = tenant_name)
     AND NOT EXISTS (SELECT FROM ledger.transfer t
                      WHERE t.tenant = p.tenant AND t.transfer_id = p.transfer_id
                        AND p.ordinal <= t.postings)
   UNION ALL
  SELECT v.partition, 'reversal', v.transfer_id::text FROM ledger.reversal v
   WHERE (tenant_name IS NULL OR v.tenant = tenant_name)
     AND NOT EXISTS (SELECT FROM ledger.transfer t
                      WHERE t.tenant = v.tenant AND t.transfer_id = v.reversal_id
                        AND t.reverses = v.transfer_id)
   UNION ALL
  SELECT h.partition, 'hold', h.hold_id::text FROM ledger.hold h
   WHERE (tenant_name IS NULL OR h.tenant = tenant_name)
     AND (NOT EXISTS (SELECT FROM known k
                       WHERE k.tenant = h.tenant AND k.id = h.hold_id AND k.kind = 'h')
          OR (h.status <> 'p'
              AND NOT EXISTS (SELECT FROM known k
                               WHERE k.tenant = h.tenant AND k.id = h.hold_id AND k.kind = 'z')))
   UNION ALL
  SELECT e.partition, 'entry', e.account_id || '/' || e.version FROM ledger.entry e
   WHERE (tenant_name IS NULL OR e.tenant = tenant_name)
     AND NOT (e.kind <> 'p' AND EXISTS (
       SELECT FROM known k WHERE k.tenant = e.tenant AND k.id = e.account_id AND k.version = e.version
          AND k.kind = 'e'))
     AND NOT (e.kind = 'p' AND (
       EXISTS (SELECT FROM ledger.transfer t
                WHERE t.tenant = e.tenant AND t.transfer_id = e.transfer_id
                  AND ((t.debit_account = e.account_id AND t.debit_version = e.version)
                       OR (t.credit_account = e.account_id AND t.credit_version = e.version)))
       OR EXISTS (SELECT FROM ledger.posting p
                   WHERE p.tenant = e.tenant AND p.transfer_id = e.transfer_id
                     AND ((p.debit_account = e.account_id AND p.debit_version = e.version)
                          OR (p.credit_account = e.account_id AND p.credit_version = e.version)))))
   LIMIT page
$$;

-- What changes, and so is not sealed, compared with the sealed entries it is the sum of: the totals of
-- accounts, and what holds have released. Of one tenant, or (null) of all; one snapshot.
CREATE FUNCTION ledger.unfolded_rows(tenant_name text, page integer)
RETURNS TABLE (partition smallint, relation text, row_key text)
LANGUAGE sql STABLE AS $$
  SELECT a.partition, 'account', a.account_id::text
    FROM ledger.account a
    LEFT JOIN (SELECT e.tenant, e.account_id, max(e.version) AS version,
                      sum(CASE WHEN e.kind = 'p' AND e.direction = 'd' THEN e.amount END) AS debits,
                      sum(CASE WHEN e.kind = 'p' AND e.direction = 'c' THEN e.amount END) AS credits,
                      sum(CASE WHEN e.direction = 'd' AND e.kind <> 'p'
                               THEN CASE e.kind WHEN 'h' THEN e.amount ELSE - e.amount END END) AS held_d,
                      sum(CASE WHEN e.direction = 'c' AND e.kind <> 'p'
                               THEN CASE e.kind WHEN 'h' THEN e.amount ELSE - e.amount END END) AS held_c
                 FROM ledger.entry e GROUP BY e.tenant, e.account_id) AS f
      ON f.tenant = a.tenant AND f.account_id = a.account_id
   WHERE (tenant_name IS NULL OR a.tenant = tenant_name)
     AND (a.posted_debits <> coalesce(f.debits, 0) OR a.posted_credits <> coalesce(f.credits, 0)
          OR a.pending_debits <> coalesce(f.held_d, 0) OR a.pending_credits <> coalesce(f.held_c, 0)
          OR a.version < coalesce(f.version, 1))
   UNION ALL
  SELECT h.partition, 'hold', h.hold_id::text
    FROM ledger.hold h
    LEFT JOIN (SELECT e.tenant, e.transfer_id AS hold_id, sum(e.amount) AS released, count(*) AS changes
                 FROM ledger.entry e WHERE e.kind = 'r' AND e.direction = 'd'
                GROUP BY e.tenant, e.transfer_id) AS r
      ON r.tenant = h.tenant AND r.hold_id = h.hold_id
   WHERE (tenant_name IS NULL OR h.tenant = tenant_name)
     AND (h.version <> 1 + coalesce(r.changes, 0)
          OR coalesce(r.released, 0) <> CASE h.status WHEN 'p' THEN h.captured ELSE h.amount END)
   LIMIT page
$$;

-- Where the job that looks again should go on: partitions with a chain, the one that waits longest first.
CREATE FUNCTION ledger.audit_rounds()
RETURNS TABLE (partition smallint, height integer)
LANGUAGE sql STABLE AS $$
  SELECT h.partition, coalesce(p.height, 0)
    FROM ledger.audit_heads() h LEFT JOIN ledger.audit_progress p ON p.partition = h.partition
   ORDER BY p.verified_at NULLS FIRST, h.partition
$$;

CREATE FUNCTION ledger.note_audited(of_partition smallint, at_height integer)
RETURNS void LANGUAGE sql VOLATILE AS $$
  INSERT INTO ledger.audit_progress AS p (partition, height, verified_at)
  VALUES (of_partition, at_height, clock_timestamp())
  ON CONFLICT (partition) DO UPDATE SET height = EXCLUDED.height, verified_at = EXCLUDED.verified_at
$$;

-- For a proof of a transfer: of each partition that it touches, its own first, the block that has it, the
-- number of its leaf there (from 1), and the rows of all leaves, each with the number of its leaf. Height
-- null: not sealed yet. No row: no such transfer.
CREATE FUNCTION ledger.read_proof(tenant_name text, wanted uuid)
RETURNS TABLE (
  partition smallint, height integer, leaf_count integer, sealed_at text, tenant text,
  previous_hash text, root text, hash text, first_id uuid, greatest_id uuid, kinds text, ids uuid[],
  versions bigint[], marks text, leaf integer, leaves integer[], lines text[])
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  RETURN QUERY
  SELECT c.partition, b.height, b.leaf_count, ledger.audit_time(b.sealed_at), b.tenant::text,
         encode(b.previous_hash, 'hex'), encode(b.root, 'hex'), encode(b.hash, 'hex'), b.first_id,
         b.greatest_id, b.kinds, b.ids, b.versions, encode(b.marks, 'hex'),
         array_position(b.ids, wanted), s.leaves, s.lines
    FROM (SELECT DISTINCT a.partition FROM ledger.accounts_of(tenant_name, ARRAY[wanted]) a) AS c
    LEFT JOIN LATERAL (
      SELECT k.* FROM ledger.audit_block k
       WHERE k.tenant = tenant_name AND k.partition = c.partition
         AND k.greatest_id >= wanted AND k.first_id <= wanted AND wanted = ANY (k.ids)
       ORDER BY k.greatest_id, k.height
       LIMIT 1) AS b ON true
    LEFT JOIN LATERAL (
      SELECT array_agg(l.place::integer ORDER BY l.place, r.place) AS leaves,
             array_agg(r.line ORDER BY l.place, r.place) AS lines
        FROM unnest(string_to_array(b.kinds, NULL), b.ids, b.versions)
             WITH ORDINALITY AS l(kind, id, version, place)
        LEFT JOIN LATERAL ledger.audit_rows(
               c.partition, tenant_name, l.kind::"char", l.id, coalesce(l.version, 0)) AS r ON true)
      AS s ON true
   ORDER BY c.partition <> ledger.born_in(wanted), c.partition;
END $$;

-- What was committed before there were chains, unless its event is still to be sent, waits first of all.
CREATE POLICY backfill ON ledger.posting FOR SELECT TO atlas_owner USING (true);
CREATE POLICY backfill ON ledger.hold FOR SELECT TO atlas_owner USING (true);
CREATE POLICY backfill ON ledger.entry FOR SELECT TO atlas_owner USING (true);
CREATE POLICY backfill ON ledger.outbox FOR SELECT TO atlas_owner USING (true);
CREATE POLICY backfill ON ledger.audit_pending FOR INSERT TO atlas_owner WITH CHECK (true);
INSERT INTO ledger.audit_pending (partition, tenant, kind, id, version, since)
SELECT b.partition, b.tenant, b.kind::"char", b.id, b.version, b.since
  FROM (SELECT p.partition, t.tenant, 't' AS kind, t.transfer_id AS id, 0 AS version,
               t.recorded_at AS since
          FROM ledger.transfer t
         CROSS JOIN LATERAL (
           SELECT ledger.born_in(t.debit_account) AS partition
            UNION SELECT ledger.born_in(t.credit_account)
            UNION SELECT ledger.born_in(q.debit_account) FROM ledger.posting q
                   WHERE q.tenant = t.tenant AND q.transfer_id = t.transfer_id
            UNION SELECT ledger.born_in(q.credit_account) FROM ledger.posting q
                   WHERE q.tenant = t.tenant AND q.transfer_id = t.transfer_id) AS p
         UNION ALL
        SELECT h.partition, h.tenant, 'h', h.hold_id, 0, h.placed_at FROM ledger.hold h
         UNION ALL
        SELECT h.partition, h.tenant, 'z', h.hold_id, 0, h.placed_at FROM ledger.hold h
         WHERE h.status <> 'p'
         UNION ALL
        SELECT e.partition, e.tenant, 'e', e.account_id, e.version, e.recorded_at FROM ledger.entry e
         WHERE e.kind <> 'p') AS b
 WHERE NOT EXISTS (
   SELECT FROM ledger.outbox o
    WHERE o.tenant = b.tenant AND o.partition = b.partition AND o.aggregate_id = b.id
      AND ledger.leaf_of(o.kind, o.event_type, o.payload)::text = b.kind
      AND (b.kind <> 'e' OR (o.payload->>'version')::bigint = b.version));
DROP POLICY backfill ON ledger.posting;
DROP POLICY backfill ON ledger.hold;
DROP POLICY backfill ON ledger.entry;
DROP POLICY backfill ON ledger.outbox;
DROP POLICY backfill ON ledger.audit_pending;
