-- The transactional outbox: a row per touched partition, written with the change it tells of, and
-- deleted once the log has acknowledged it. No cursor, so a row that commits late is not passed over.
SET LOCAL ROLE atlas_owner;

CREATE DOMAIN ledger.outbox_kind AS "char" CHECK (VALUE IN ('t', 'a'));

-- The relays share the rows out by slot. Writers call this; a generated column would be parsed anew for
-- every statement that writes.
CREATE FUNCTION ledger.slot_of(partition smallint) RETURNS smallint
LANGUAGE sql IMMUTABLE RETURN (partition % 8)::smallint;

-- kind: 't' a transfer, composed from its immutable rows when it is published (payload null);
--       'a' an event of an account or a hold, with its payload.
CREATE TABLE ledger.outbox (
  id           bigint GENERATED ALWAYS AS IDENTITY,
  aggregate_id uuid        NOT NULL,
  written_at   timestamptz NOT NULL,
  partition    smallint    NOT NULL,
  slot         smallint    NOT NULL,
  attempts     smallint    NOT NULL DEFAULT 0,
  parked       boolean     NOT NULL DEFAULT false,
  kind         ledger.outbox_kind NOT NULL,
  tenant       text COLLATE "C" NOT NULL,
  event_type   text,
  trace        text,
  payload      jsonb,
  PRIMARY KEY (slot, id)
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000);

-- The epoch grows with each change of hands; an acknowledgement presents it.
CREATE TABLE ledger.outbox_lease (
  slot       smallint PRIMARY KEY CHECK (slot BETWEEN 0 AND 7),
  holder     text,
  epoch      bigint      NOT NULL DEFAULT 0,
  expires_at timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO ledger.outbox_lease (slot) SELECT generate_series(0, 7);

-- Aggregates (message keys) of which an event could not be sent, and the row that could not. Later
-- rows with one of these keys are parked behind it, in order, and all other rows go on.
CREATE TABLE ledger.outbox_parked (
  aggregate_id uuid PRIMARY KEY,
  outbox_id    bigint      NOT NULL,
  reason       text        NOT NULL,
  parked_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);

ALTER TABLE ledger.outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger.outbox FORCE ROW LEVEL SECURITY;
ALTER TABLE ledger.outbox_lease ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger.outbox_lease FORCE ROW LEVEL SECURITY;
ALTER TABLE ledger.outbox_parked ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger.outbox_parked FORCE ROW LEVEL SECURITY;

CREATE POLICY own_tenant ON ledger.outbox FOR INSERT TO atlas_api
  WITH CHECK (tenant = current_setting('atlas.tenant', true));
CREATE POLICY relay_drains ON ledger.outbox TO atlas_relay USING (true) WITH CHECK (true);
CREATE POLICY relay_leases ON ledger.outbox_lease TO atlas_relay USING (true) WITH CHECK (true);
CREATE POLICY relay_parks ON ledger.outbox_parked TO atlas_relay USING (true) WITH CHECK (true);
GRANT INSERT ON ledger.outbox TO atlas_api;
GRANT SELECT, UPDATE (attempts, parked), DELETE ON ledger.outbox TO atlas_relay;
GRANT SELECT, UPDATE ON ledger.outbox_lease TO atlas_relay;
GRANT SELECT, INSERT, DELETE ON ledger.outbox_parked TO atlas_relay;
