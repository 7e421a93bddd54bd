-- Webhooks: endpoints that are told, monitors of balances, and the deliveries between them. Endpoints live on
-- their tenant's home partition; monitors, and the deliveries that they cause, on their account's.
-- Lock order: key, partitions, account, monitors in id order, queues.
SET LOCAL ROLE atlas_owner;

CREATE DOMAIN ledger.endpoint_status AS "char" CHECK (VALUE IN ('e', 'd', 'x'));
CREATE DOMAIN ledger.delivery_status AS "char" CHECK (VALUE IN ('p', 'd', 'x'));

-- Enabled, disabled or deleted ('x': kept, so that what still waits for it can be told that it is gone).
-- Secrets are sealed by whoever writes them; the database never has the key.
CREATE TABLE ledger.webhook_endpoint (
  endpoint_id      uuid        NOT NULL,
  tenant           text COLLATE "C" NOT NULL,
  partition        smallint    NOT NULL,
  status           ledger.endpoint_status NOT NULL DEFAULT 'e',
  disabled_reason  text,
  url              text        NOT NULL,
  event_types      text[]      NOT NULL,
  secret           text        NOT NULL,
  old_secret       text,
  old_secret_until timestamptz,
  created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant, endpoint_id)
);

-- A condition on an account: `measure` 'b' the balance or 'a' what is available. `is_met` is what it was at
-- `version` of the account, up to which every entry has been looked at.
CREATE TABLE ledger.monitor (
  monitor_id   uuid        NOT NULL,
  account_id   uuid        NOT NULL,
  tenant       text COLLATE "C" NOT NULL,
  partition    smallint    NOT NULL,
  measure      "char"      NOT NULL CHECK (measure IN ('b', 'a')),
  operator     text        NOT NULL CHECK (operator IN ('<', '<=', '>', '>=')),
  amount       bigint      NOT NULL,
  is_met       boolean     NOT NULL,
  version      bigint      NOT NULL,
  triggered_at timestamptz,
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant, monitor_id)
) WITH (fillfactor = 70);
CREATE INDEX monitor_by_account ON ledger.monitor (tenant, account_id, monitor_id);

-- What an endpoint is told of one subject (an account; for a ping the endpoint itself) is told in order: a
-- row a queue. `due_at` says when its first may be sent, null that nothing waits. Who sends it holds the lease
-- in its epoch; nobody waits for him, and his result counts only while the epoch is his.
CREATE TABLE ledger.webhook_queue (
  endpoint_id   uuid     NOT NULL,
  subject_id    uuid     NOT NULL,
  tenant        text COLLATE "C" NOT NULL,
  partition     smallint NOT NULL,
  last_sequence bigint   NOT NULL DEFAULT 0,
  due_at        timestamptz,
  lease         bigint   NOT NULL DEFAULT 0,
  leased_until  timestamptz,
  PRIMARY KEY (tenant, endpoint_id, subject_id)
) WITH (fillfactor = 70);
CREATE INDEX webhook_queue_by_due ON ledger.webhook_queue (due_at) WHERE due_at IS NOT NULL;

-- Pending, delivered or dead. The payload is text, and the same in every attempt, because it is signed.
CREATE TABLE ledger.webhook_delivery (
  delivery_id  uuid        NOT NULL,
  endpoint_id  uuid        NOT NULL,
  subject_id   uuid        NOT NULL,
  tenant       text COLLATE "C" NOT NULL,
  partition    smallint    NOT NULL,
  sequence     bigint      NOT NULL,
  status       ledger.delivery_status NOT NULL DEFAULT 'p',
  attempts     smallint    NOT NULL DEFAULT 0,
  last_status  smallint,
  last_error   text,
  event_type   text        NOT NULL,
  payload      text        NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  attempted_at timestamptz,
  ended_at     timestamptz,
  PRIMARY KEY (tenant, delivery_id),
  CHECK ((status = 'p') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX webhook_delivery_waiting
  ON ledger.webhook_delivery (tenant, endpoint_id, subject_id, sequence) WHERE status = 'p';
CREATE INDEX webhook_delivery_dead ON ledger.webhook_delivery (tenant, delivery_id) WHERE status = 'x';
CREATE INDEX webhook_delivery_ended ON ledger.webhook_delivery (ended_at) WHERE status <> 'p';

-- Up to where a consumer's effects on this shard go, stored with them. Of no tenant.
CREATE TABLE ledger.consumer_checkpoint (
  consumer        text    NOT NULL,
  topic           text    NOT NULL,
  topic_partition integer NOT NULL,
  incarnation     text    NOT NULL,
  next_offset     bigint  NOT NULL,
  PRIMARY KEY (consumer, topic, topic_partition, incarnation)
) WITH (fillfactor = 50);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['webhook_endpoint', 'monitor', 'webhook_queue', 'webhook_delivery'] LOOP
    EXECUTE format('ALTER TABLE ledger.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE ledger.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format($p$CREATE POLICY own_tenant ON ledger.%I TO atlas_api
      USING (tenant = current_setting('atlas.tenant', true))
      WITH CHECK (tenant = current_setting('atlas.tenant', true))$p$, name);
    EXECUTE format('GRANT SELECT, INSERT ON ledger.%I TO atlas_api', name);
  END LOOP;
END $$;
GRANT UPDATE (status, disabled_reason, event_types, secret, old_secret, old_secret_until)
  ON ledger.webhook_endpoint TO atlas_api;
GRANT UPDATE (is_met, version, triggered_at), DELETE ON ledger.monitor TO atlas_api;
GRANT UPDATE (last_sequence, due_at, lease, leased_until) ON ledger.webhook_queue TO atlas_api;
GRANT UPDATE (sequence, status, attempts, last_status, last_error, attempted_at, ended_at)
  ON ledger.webhook_delivery TO atlas_api;

-- A job finds out of whom a queue is due and leases it, and then acts as that tenant. Whatever its tenant, it
-- may forget what ended thirty days ago.
CREATE POLICY jobs_find_due ON ledger.webhook_queue FOR SELECT TO atlas_jobs USING (due_at IS NOT NULL);
CREATE POLICY jobs_lease_due ON ledger.webhook_queue FOR UPDATE TO atlas_jobs USING (due_at IS NOT NULL);
CREATE POLICY jobs_find_old ON ledger.webhook_delivery FOR SELECT TO atlas_jobs
  USING (status <> 'p' AND ended_at < now() - interval '30 days');
CREATE POLICY jobs_forget_old ON ledger.webhook_delivery FOR DELETE TO atlas_jobs
  USING (status <> 'p' AND ended_at < now() - interval '30 days');
GRANT DELETE ON ledger.webhook_delivery TO atlas_jobs;

ALTER TABLE ledger.consumer_checkpoint ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger.consumer_checkpoint FORCE ROW LEVEL SECURITY;
CREATE POLICY jobs_advance ON ledger.consumer_checkpoint TO atlas_jobs USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE (next_offset) ON ledger.consumer_checkpoint TO atlas_jobs;

-- An id that is born here and now, as layers/domain/src/ids.ts makes them: the partition in bits 52 to 59.
CREATE FUNCTION ledger.born_in(partition smallint) RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT overlay(uuidv7()::text placing lpad(to_hex(partition::integer), 2, '0') from 16 for 2)::uuid
$$;

-- RFC 3339, in UTC, in milliseconds.
CREATE FUNCTION ledger.rfc_3339(at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

-- ---------------------------------------------------------------------------------------------- endpoints

CREATE FUNCTION ledger.webhook_endpoint_json(e ledger.webhook_endpoint) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'endpointId', e.endpoint_id, 'url', e.url, 'eventTypes', e.event_types, 'status', e.status,
    'disabledReason', e.disabled_reason, 'oldSecretUntil', e.old_secret_until, 'createdAt', e.created_at)
$$;

-- `refusal` is what the caller found wrong with the address, to be kept under the key like any other. Locks:
-- key, partitions, then the tenant's endpoints, so that they are counted right.
CREATE FUNCTION ledger.create_webhook_endpoint(
  tenant_name text, key uuid, request uuid, home smallint, partitions smallint[], epochs bigint[],
  new_endpoint uuid, born smallint, address text, types text[], sealed text, refusal jsonb, trace_text text)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  most_endpoints CONSTANT integer := 20;
  others integer;
  made ledger.webhook_endpoint;
  answer jsonb := refusal;
  result ledger.written;
BEGIN
  result := ledger.begin_request(tenant_name, key, request, partitions, epochs);
  IF result.outcome IS NOT NULL THEN
    RETURN result;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended(tenant_name, 14));
  SELECT count(*) INTO others FROM ledger.webhook_endpoint e
   WHERE e.tenant = tenant_name AND e.status <> 'x';
  IF answer IS NULL AND others >= most_endpoints THEN
    answer := jsonb_build_object('code', 'subscription-limit-reached', 'what', 'endpoints',
                                 'limit', most_endpoints);
  END IF;
  IF answer IS NULL THEN
    INSERT INTO ledger.webhook_endpoint (endpoint_id, tenant, partition, url, event_types, secret)
    VALUES (new_endpoint, tenant_name, born, address, types, sealed)
    RETURNING * INTO made;
    answer := ledger.webhook_endpoint_json(made) || jsonb_build_object('sealedSecret', sealed);
  END IF;
  RETURN ledger.keep_answer(tenant_name, key, request, home, answer);
END $$;

-- Enables, disables, deletes, subscribes to other events, or changes the secret: null leaves as it is. The
-- secret before signs beside a new one for so many seconds.
CREATE FUNCTION ledger.change_webhook_endpoint(
  tenant_name text, key uuid, request uuid, home smallint, partitions smallint[], epochs bigint[],
  target uuid, wanted text, types text[], sealed text, keep_old_seconds integer, trace_text text)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  changed ledger.webhook_endpoint;
  result ledger.written;
BEGIN
  result := ledger.begin_request(tenant_name, key, request, partitions, epochs);
  IF result.outcome IS NOT NULL THEN
    RETURN result;
  END IF;
  UPDATE ledger.webhook_endpoint e
     SET status = coalesce(wanted::"char", e.status),
         disabled_reason = CASE wanted WHEN 'd' THEN 'asked' WHEN 'e' THEN NULL ELSE e.disabled_reason END,
         event_types = coalesce(types, e.event_types),
         secret = CASE WHEN wanted = 'x' THEN '' ELSE coalesce(sealed, e.secret) END,
         old_secret = CASE WHEN wanted = 'x' OR (sealed IS NOT NULL AND keep_old_seconds = 0) THEN NULL
                           WHEN sealed IS NOT NULL THEN e.secret ELSE e.old_secret END,
         old_secret_until = CASE WHEN wanted = 'x' OR (sealed IS NOT NULL AND keep_old_seconds = 0) THEN NULL
                                 WHEN sealed IS NOT NULL
                                 THEN clock_timestamp() + make_interval(secs => keep_old_seconds)
                                 ELSE e.old_secret_until END
   WHERE e.tenant = tenant_name AND e.endpoint_id = target AND e.status <> 'x'
  RETURNING * INTO changed;
  RETURN ledger.keep_answer(tenant_name, key, request, home,
    CASE WHEN changed.endpoint_id IS NULL
         THEN jsonb_build_object('code', 'webhook-endpoint-not-found', 'endpointId', target)
         ELSE ledger.webhook_endpoint_json(changed)
              || CASE WHEN sealed IS NULL THEN '{}' ELSE jsonb_build_object('sealedSecret', sealed) END
    END);
END $$;

-- What an endpoint's own answer brings about (410 Gone), for the role of the jobs.
CREATE FUNCTION ledger.disable_webhook_endpoint(
  tenant_name text, partitions smallint[], epochs bigint[], target uuid, why text)
RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  PERFORM ledger.hold_partitions(partitions, epochs);
  UPDATE ledger.webhook_endpoint e SET status = 'd', disabled_reason = why
   WHERE e.tenant = tenant_name AND e.endpoint_id = target AND e.status = 'e';
  RETURN FOUND;
END $$;

-- One endpoint or (wanted null) a page in id order.
CREATE FUNCTION ledger.read_webhook_endpoints(tenant_name text, wanted uuid, after uuid, page integer)
RETURNS SETOF jsonb LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  RETURN QUERY
  SELECT ledger.webhook_endpoint_json(e) FROM ledger.webhook_endpoint e
   WHERE e.tenant = tenant_name AND e.status <> 'x'
     AND (wanted IS NULL OR e.endpoint_id = wanted)
     AND (after IS NULL OR e.endpoint_id > after)
   ORDER BY e.endpoint_id
   LIMIT page;
END $$;

-- Who is to be told of events of a type.
CREATE FUNCTION ledger.webhook_subscribers(tenant_name text, of_type text)
RETURNS uuid[] LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  RETURN ARRAY(SELECT e.endpoint_id FROM ledger.webhook_endpoint e
                WHERE e.tenant = tenant_name AND e.status = 'e' AND of_type = ANY (e.event_types)
                ORDER BY e.endpoint_id);
END $$;

-- Where to send to, and the sealed secrets to sign with, the newest first.
CREATE FUNCTION ledger.read_webhook_target(tenant_name text, target uuid)
RETURNS TABLE (url text, status ledger.endpoint_status, sealed text[]) LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  RETURN QUERY
  SELECT e.url, e.status,
         CASE WHEN e.old_secret_until > clock_timestamp() THEN ARRAY[e.secret, e.old_secret]
              ELSE ARRAY[e.secret] END
    FROM ledger.webhook_endpoint e
   WHERE e.tenant = tenant_name AND e.endpoint_id = target;
END $$;

-- --------------------------------------------------------------------------------------------- deliveries

CREATE FUNCTION ledger.webhook_delivery_json(d ledger.webhook_delivery) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'deliveryId', d.delivery_id, 'endpointId', d.endpoint_id,
    'accountId', CASE WHEN d.subject_id <> d.endpoint_id THEN d.subject_id END,
    'eventType', d.event_type, 'status', d.status, 'attempts', d.attempts,
    'lastStatus', d.last_status, 'lastError', d.last_error, 'event', d.payload::jsonb,
    'createdAt', d.created_at, 'attemptedAt', d.attempted_at, 'endedAt', d.ended_at)
$$;

-- The next place in a queue; its row stays locked, so that places are taken in the order of commits.
CREATE FUNCTION ledger.next_in_queue(tenant_name text, endpoint uuid, subject uuid, born smallint)
RETURNS bigint LANGUAGE sql VOLATILE AS $$
  INSERT INTO ledger.webhook_queue AS w (tenant, endpoint_id, subject_id, partition, last_sequence, due_at)
  VALUES (tenant_name, endpoint, subject, born, 1, clock_timestamp())
  ON CONFLICT (tenant, endpoint_id, subject_id) DO UPDATE
     SET last_sequence = w.last_sequence + 1, due_at = coalesce(w.due_at, clock_timestamp())
  RETURNING w.last_sequence
$$;

CREATE FUNCTION ledger.queue_webhook(
  tenant_name text, endpoint uuid, subject uuid, born smallint, of_type text, occurred timestamptz, data jsonb)
RETURNS ledger.webhook_delivery LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  queued ledger.webhook_delivery;
BEGIN
  INSERT INTO ledger.webhook_delivery
    (delivery_id, tenant, partition, endpoint_id, subject_id, sequence, event_type, payload)
  VALUES (ledger.born_in(born), tenant_name, born, endpoint, subject,
    ledger.next_in_queue(tenant_name, endpoint, subject, born), of_type,
    json_build_object('type', of_type, 'timestamp', ledger.rfc_3339(occurred), 'data', data)::text)
  RETURNING * INTO queued;
  RETURN queued;
END $$;

CREATE FUNCTION ledger.ping_webhook_endpoint(
  tenant_name text, key uuid, request uuid, home smallint, partitions smallint[], epochs bigint[],
  target uuid, trace_text text)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  born smallint;
  answer jsonb;
  result ledger.written;
BEGIN
  result := ledger.begin_request(tenant_name, key, request, partitions, epochs);
  IF result.outcome IS NOT NULL THEN
    RETURN result;
  END IF;
  SELECT e.partition INTO born FROM ledger.webhook_endpoint e
   WHERE e.tenant = tenant_name AND e.endpoint_id = target AND e.status <> 'x';
  IF FOUND THEN
    answer := ledger.webhook_delivery_json(ledger.queue_webhook(tenant_name, target, target, born,
      'webhook.ping', clock_timestamp(), jsonb_build_object('endpointId', target)));
  ELSE
    answer := jsonb_build_object('code', 'webhook-endpoint-not-found', 'endpointId', target);
  END IF;
  RETURN ledger.keep_answer(tenant_name, key, request, home, answer);
END $$;

-- A page in id order, nearly that of time.
CREATE FUNCTION ledger.read_webhook_deliveries(tenant_name text, after uuid, page integer, filter jsonb)
RETURNS SETOF jsonb LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  of_account CONSTANT uuid := filter->>'accountId';
  of_endpoint CONSTANT uuid := filter->>'endpointId';
  wanted_status CONSTANT "char" := filter->>'status';
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  RETURN QUERY
  SELECT ledger.webhook_delivery_json(d) FROM ledger.webhook_delivery d
   WHERE d.tenant = tenant_name
     AND (after IS NULL OR d.delivery_id > after)
     AND (of_account IS NULL OR d.subject_id = of_account)
     AND (of_endpoint IS NULL OR d.endpoint_id = of_endpoint)
     AND (wanted_status IS NULL OR d.status = wanted_status)
   ORDER BY d.delivery_id
   LIMIT page;
END $$;

-- Puts what was delivered or is dead at the end of its queue again, under its own id. Locks: key, partitions,
-- queue, delivery.
CREATE FUNCTION ledger.replay_webhook_delivery(
  tenant_name text, key uuid, request uuid, home smallint, partitions smallint[], epochs bigint[],
  target uuid, trace_text text)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  d ledger.webhook_delivery;
  answer jsonb;
  result ledger.written;
BEGIN
  result := ledger.begin_request(tenant_name, key, request, partitions, epochs);
  IF result.outcome IS NOT NULL THEN
    RETURN result;
  END IF;
  PERFORM FROM ledger.webhook_queue w
    JOIN ledger.webhook_delivery t ON t.tenant = w.tenant
     AND t.endpoint_id = w.endpoint_id AND t.subject_id = w.subject_id
   WHERE t.tenant = tenant_name AND t.delivery_id = target
     FOR UPDATE OF w;
  SELECT * INTO d FROM ledger.webhook_delivery t WHERE t.tenant = tenant_name AND t.delivery_id = target;
  answer := CASE
    WHEN d.delivery_id IS NULL THEN jsonb_build_object('code', 'delivery-not-found', 'deliveryId', target)
    WHEN d.status = 'p' THEN jsonb_build_object('code', 'delivery-pending', 'deliveryId', target)
  END;
  IF answer IS NULL THEN
    UPDATE ledger.webhook_delivery t
       SET status = 'p', attempts = 0, ended_at = NULL,
           sequence = ledger.next_in_queue(d.tenant, d.endpoint_id, d.subject_id, d.partition)
     WHERE t.tenant = tenant_name AND t.delivery_id = target
    RETURNING * INTO d;
    answer := ledger.webhook_delivery_json(d);
  END IF;
  RETURN ledger.keep_answer(tenant_name, key, request, home, answer);
END $$;

-- ----------------------------------------------------------------------------- sending, as the role of the jobs

-- Leases queues of any tenant that are due, each with its first delivery. At most so many of one endpoint are
-- leased at a time, over all workers: takers take turns (an advisory lock), so the count is right. A queue whose
-- row is locked is left for the next time.
CREATE FUNCTION ledger.take_webhooks(page integer, per_endpoint integer, lease_ms integer)
RETURNS TABLE (tenant text, endpoint_id uuid, subject_id uuid, lease bigint, delivery_id uuid,
               attempts smallint, payload text)
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
  moment timestamptz;
  q record;
BEGIN
  PERFORM pg_advisory_xact_lock(422, 0);
  moment := clock_timestamp();
  FOR q IN
    WITH busy AS (
      SELECT w.endpoint_id, count(*) AS leased FROM ledger.webhook_queue w
       WHERE w.due_at IS NOT NULL AND w.leased_until > moment GROUP BY w.endpoint_id),
    due AS (
      SELECT w.tenant, w.endpoint_id, w.subject_id, w.due_at,
             row_number() OVER (PARTITION BY w.endpoint_id ORDER BY w.due_at) AS place
        FROM ledger.webhook_queue w
       WHERE w.due_at <= moment AND (w.leased_until IS NULL OR w.leased_until <= moment)),
    chosen AS (
      SELECT d.* FROM due d LEFT JOIN busy b ON b.endpoint_id = d.endpoint_id
       WHERE d.place + coalesce(b.leased, 0) <= per_endpoint
       ORDER BY d.due_at LIMIT page),
    free AS (
      SELECT w.tenant, w.endpoint_id, w.subject_id FROM ledger.webhook_queue w
        JOIN chosen c ON c.tenant = w.tenant
         AND c.endpoint_id = w.endpoint_id AND c.subject_id = w.subject_id
       WHERE w.due_at <= moment AND (w.leased_until IS NULL OR w.leased_until <= moment)
         FOR UPDATE OF w SKIP LOCKED)
    UPDATE ledger.webhook_queue w
       SET lease = w.lease + 1, leased_until = moment + make_interval(secs => lease_ms / 1000.0)
      FROM free f
     WHERE w.tenant = f.tenant AND w.endpoint_id = f.endpoint_id AND w.subject_id = f.subject_id
    RETURNING w.tenant, w.endpoint_id, w.subject_id, w.lease
  LOOP
    PERFORM set_config('atlas.tenant', q.tenant, true);
    RETURN QUERY
    SELECT d.tenant::text, d.endpoint_id, d.subject_id, q.lease, d.delivery_id, d.attempts, d.payload
      FROM ledger.webhook_delivery d
     WHERE d.tenant = q.tenant AND d.endpoint_id = q.endpoint_id AND d.subject_id = q.subject_id
       AND d.status = 'p'
     ORDER BY d.sequence
     LIMIT 1;
  END LOOP;
END $$;

-- What became of an attempt: 'd' delivered, 'x' dead, 'r' to be tried again, 'w' not tried, the endpoint is
-- disabled. Gives the lease back. False, and nothing is changed, when it is somebody else's by now.
CREATE FUNCTION ledger.finish_webhook(
  tenant_name text, partitions smallint[], epochs bigint[], endpoint uuid, subject uuid, held bigint,
  delivery uuid, outcome "char", answered smallint, error_code text, delay_ms bigint)
RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  moment timestamptz;
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  PERFORM ledger.hold_partitions(partitions, epochs);
  PERFORM FROM ledger.webhook_queue w
    WHERE w.tenant = tenant_name AND w.endpoint_id = endpoint AND w.subject_id = subject AND w.lease = held
      FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  moment := clock_timestamp();
  UPDATE ledger.webhook_delivery d
     SET status = CASE WHEN outcome IN ('d', 'x') THEN outcome ELSE 'p' END,
         ended_at = CASE WHEN outcome IN ('d', 'x') THEN moment END,
         attempts = d.attempts + CASE WHEN outcome = 'w' THEN 0 ELSE 1 END,
         attempted_at = CASE WHEN outcome = 'w' THEN d.attempted_at ELSE moment END,
         last_status = CASE WHEN outcome = 'w' THEN d.last_status ELSE answered END,
         last_error = CASE WHEN outcome = 'w' THEN d.last_error ELSE error_code END
   WHERE d.tenant = tenant_name AND d.delivery_id = delivery AND d.status = 'p';
  UPDATE ledger.webhook_queue w
     SET leased_until = NULL,
         due_at = CASE WHEN outcome NOT IN ('d', 'x') THEN moment + make_interval(secs => delay_ms / 1000.0)
                       WHEN EXISTS (SELECT FROM ledger.webhook_delivery d
                                     WHERE d.tenant = tenant_name AND d.endpoint_id = endpoint
                                       AND d.subject_id = subject AND d.status = 'p') THEN moment END
   WHERE w.tenant = tenant_name AND w.endpoint_id = endpoint AND w.subject_id = subject;
  RETURN true;
END $$;

-- For how long the most overdue queue has been due, whoever holds it.
CREATE FUNCTION ledger.webhook_lag_ms() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT GREATEST(0, coalesce(extract(epoch FROM clock_timestamp() - min(w.due_at)) * 1000, 0))::bigint
    FROM ledger.webhook_queue w WHERE w.due_at IS NOT NULL
$$;

-- Forgets deliveries that ended thirty days ago, so many at a time; answers how many.
CREATE FUNCTION ledger.forget_webhooks(page integer) RETURNS bigint LANGUAGE sql VOLATILE AS $$
  WITH old AS (SELECT d.ctid FROM ledger.webhook_delivery d
                WHERE d.status <> 'p' AND d.ended_at < now() - interval '30 days'
                ORDER BY d.ended_at LIMIT page),
  forgotten AS (DELETE FROM ledger.webhook_delivery d USING old o WHERE d.ctid = o.ctid RETURNING 1)
  SELECT count(*) FROM forgotten
$$;

-- ----------------------------------------------------------------------------------------------- monitors

CREATE FUNCTION ledger.is_met(
  measure "char", operator text, amount bigint, balance bigint, available bigint)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE operator WHEN '<' THEN m.value < amount WHEN '<=' THEN m.value <= amount
                       WHEN '>' THEN m.value > amount ELSE m.value >= amount END
    FROM (SELECT CASE measure WHEN 'b' THEN balance ELSE available END AS value) AS m
$$;

CREATE FUNCTION ledger.monitor_json(m ledger.monitor) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'monitorId', m.monitor_id, 'accountId', m.account_id,
    'measure', CASE m.measure WHEN 'b' THEN 'balance' ELSE 'available' END,
    'operator', m.operator, 'amountMinor', m.amount::text, 'isMet', m.is_met, 'version', m.version::text,
    'triggeredAt', m.triggered_at, 'createdAt', m.created_at)
$$;

-- Looks at the account under its lock, so that what the monitor knows is what the account is at its version:
-- what comes later is news, and nothing else. Locks: key, partitions, account.
CREATE FUNCTION ledger.create_monitor(
  tenant_name text, key uuid, request uuid, home smallint, partitions smallint[], epochs bigint[],
  new_monitor uuid, account uuid, of_measure text, with_operator text, threshold bigint, trace_text text)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  most_monitors CONSTANT integer := 20;
  a ledger.account;
  others integer;
  made ledger.monitor;
  answer jsonb;
  result ledger.written;
BEGIN
  result := ledger.begin_request(tenant_name, key, request, partitions, epochs);
  IF result.outcome IS NOT NULL THEN
    RETURN result;
  END IF;
  PERFORM pg_advisory_xact_lock(ledger.account_lock(tenant_name, account));
  SELECT * INTO a FROM ledger.account t WHERE t.tenant = tenant_name AND t.account_id = account;
  SELECT count(*) INTO others FROM ledger.monitor m WHERE m.tenant = tenant_name AND m.account_id = account;
  answer := CASE
    WHEN a.account_id IS NULL THEN jsonb_build_object('code', 'account-not-found', 'accountId', account)
    WHEN a.status = 'c' THEN jsonb_build_object('code', 'account-closed', 'accountId', account)
    WHEN others >= most_monitors
      THEN jsonb_build_object('code', 'subscription-limit-reached', 'what', 'monitors', 'limit', most_monitors)
  END;
  IF answer IS NULL THEN
    INSERT INTO ledger.monitor
      (monitor_id, account_id, tenant, partition, measure, operator, amount, version, is_met)
    VALUES (new_monitor, account, tenant_name, a.partition, of_measure::"char", with_operator, threshold,
      a.version, ledger.is_met(of_measure::"char", with_operator, threshold,
        a.posted_credits - a.posted_debits, a.posted_credits - a.posted_debits - a.pending_debits))
    RETURNING * INTO made;
    answer := ledger.monitor_json(made);
  END IF;
  RETURN ledger.keep_answer(tenant_name, key, request, home, answer);
END $$;

CREATE FUNCTION ledger.delete_monitor(
  tenant_name text, key uuid, request uuid, home smallint, partitions smallint[], epochs bigint[],
  target uuid, trace_text text)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  gone ledger.monitor;
  result ledger.written;
BEGIN
  result := ledger.begin_request(tenant_name, key, request, partitions, epochs);
  IF result.outcome IS NOT NULL THEN
    RETURN result;
  END IF;
  DELETE FROM ledger.monitor m WHERE m.tenant = tenant_name AND m.monitor_id = target RETURNING * INTO gone;
  RETURN ledger.keep_answer(tenant_name, key, request, home,
    CASE WHEN gone.monitor_id IS NULL
         THEN jsonb_build_object('code', 'monitor-not-found', 'monitorId', target)
         ELSE ledger.monitor_json(gone) END);
END $$;

-- A page of an account's monitors in id order. No row: no such account; a null: no monitor after the one given.
CREATE FUNCTION ledger.read_monitors(tenant_name text, account uuid, after uuid, page integer)
RETURNS SETOF jsonb LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  RETURN QUERY
  SELECT CASE WHEN m.monitor_id IS NOT NULL THEN ledger.monitor_json(m.found) END
    FROM ledger.account a
    LEFT JOIN LATERAL (
      SELECT n.monitor_id, n AS found FROM ledger.monitor n
       WHERE n.tenant = tenant_name AND n.account_id = account AND (after IS NULL OR n.monitor_id > after)
       ORDER BY n.monitor_id
       LIMIT page) AS m ON true
   WHERE a.tenant = tenant_name AND a.account_id = account
   ORDER BY m.monitor_id;
END $$;

-- Looks at an account's entries up to a version that an event told of, from where each monitor has come to; so
-- an event that comes again changes nothing, and one that never came is made up for. A monitor triggers at each
-- entry that meets its condition after one that did not. What it changes, what is queued and the consumer's
-- checkpoint commit together. `subscribers` null: not known yet, and where they are needed nothing is changed.
-- Answers how many deliveries were queued: -1 where subscribers are needed, null where there was nothing to do.
-- Locks: partitions, the account's monitors in id order, then queues in the order of subscribers.
CREATE FUNCTION ledger.evaluate_monitors(
  tenant_name text, partitions smallint[], epochs bigint[], account uuid, up_to bigint, subscribers uuid[],
  consumer_name text, topic_name text, place integer, incarnation_name text, at_offset bigint)
RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  t record;
  subscriber uuid;
  queued integer := 0;
BEGIN
  PERFORM set_config('atlas.tenant', tenant_name, true);
  IF NOT EXISTS (SELECT FROM ledger.monitor m
                  WHERE m.tenant = tenant_name AND m.account_id = account AND m.version < up_to) THEN
    RETURN NULL;
  END IF;
  PERFORM ledger.hold_partitions(partitions, epochs);
  PERFORM FROM ledger.monitor m WHERE m.tenant = tenant_name AND m.account_id = account
    ORDER BY m.monitor_id FOR UPDATE;
  IF EXISTS (SELECT FROM ledger.consumer_checkpoint c
              WHERE c.consumer = consumer_name AND c.topic = topic_name AND c.topic_partition = place
                AND c.incarnation = incarnation_name AND c.next_offset > at_offset) THEN
    RETURN NULL;
  END IF;
  FOR t IN
    SELECT s.* FROM (
      SELECT m.monitor_id, m.partition, ledger.monitor_json(m) AS monitor, a.asset::text AS asset,
             e.version, e.balance_after, e.balance_after - coalesce(e.pending_debits_after, 0) AS available,
             e.kind, e.transfer_id, e.recorded_at, n.met,
             lag(n.met, 1, m.is_met) OVER (PARTITION BY m.monitor_id ORDER BY e.version) AS met_before
        FROM ledger.monitor m
        JOIN ledger.account a ON a.tenant = m.tenant AND a.account_id = m.account_id
        JOIN ledger.entry e ON e.tenant = m.tenant AND e.account_id = m.account_id
         AND e.version > m.version AND e.version <= up_to
       CROSS JOIN LATERAL ledger.is_met(m.measure, m.operator, m.amount, e.balance_after,
         e.balance_after - coalesce(e.pending_debits_after, 0)) AS n(met)
       WHERE m.tenant = tenant_name AND m.account_id = account) AS s
     WHERE s.met AND NOT s.met_before
     ORDER BY s.version, s.monitor_id
  LOOP
    IF subscribers IS NULL THEN
      RETURN -1;
    END IF;
    UPDATE ledger.monitor m SET triggered_at = t.recorded_at
     WHERE m.tenant = tenant_name AND m.monitor_id = t.monitor_id;
    FOREACH subscriber IN ARRAY subscribers LOOP
      PERFORM ledger.queue_webhook(tenant_name, subscriber, account, t.partition,
        'account.monitor.triggered', t.recorded_at,
        jsonb_build_object('monitorId', t.monitor_id, 'accountId', account, 'asset', t.asset,
          'measure', t.monitor->'measure', 'operator', t.monitor->'operator',
          'amount', t.monitor->'amountMinor', 'version', t.version::text,
          'balance', t.balance_after::text, 'available', t.available::text,
          'transferId', CASE WHEN t.kind = 'p' THEN t.transfer_id END,
          'holdId', CASE WHEN t.kind <> 'p' THEN t.transfer_id END));
      queued := queued + 1;
    END LOOP;
  END LOOP;
  UPDATE ledger.monitor m
     SET version = up_to,
         is_met = ledger.is_met(m.measure, m.operator, m.amount, e.balance_after,
           e.balance_after - coalesce(e.pending_debits_after, 0))
    FROM (SELECT l.balance_after, l.pending_debits_after FROM ledger.entry l
           WHERE l.tenant = tenant_name AND l.account_id = account AND l.version <= up_to
           ORDER BY l.version DESC LIMIT 1) AS e
   WHERE m.tenant = tenant_name AND m.account_id = account AND m.version < up_to;
  INSERT INTO ledger.consumer_checkpoint AS c (consumer, topic, topic_partition, incarnation, next_offset)
  VALUES (consumer_name, topic_name, place, incarnation_name, at_offset + 1)
  ON CONFLICT (consumer, topic, topic_partition, incarnation) DO UPDATE
     SET next_offset = GREATEST(c.next_offset, EXCLUDED.next_offset);
  RETURN queued;
END $$;
