-- Roles, and who owns which virtual partition.
--
-- atlas_owner owns everything and cannot log in; it is neither superuser nor BYPASSRLS, so forced
-- row level security binds it too. The others log in and own nothing: atlas_api serves requests,
-- atlas_relay drains outboxes, and atlas_jobs does what the API does, for one tenant after the other.
-- Passwords are set by the migrator, not here.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'atlas_owner') THEN
    CREATE ROLE atlas_owner NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'atlas_api') THEN
    CREATE ROLE atlas_api LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'atlas_relay') THEN
    CREATE ROLE atlas_relay LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'atlas_jobs') THEN
    CREATE ROLE atlas_jobs LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
    GRANT atlas_api TO atlas_jobs;
  END IF;
  -- The session's defaults, because a statement_timeout that a function sets never fires for the
  -- statement that called it. Nobody waits for a lock longer than two seconds.
  ALTER ROLE atlas_api SET statement_timeout = '10s';
  ALTER ROLE atlas_api SET lock_timeout = '2s';
  ALTER ROLE atlas_api SET idle_in_transaction_session_timeout = '10s';
  ALTER ROLE atlas_relay SET statement_timeout = '30s';
  ALTER ROLE atlas_relay SET lock_timeout = '2s';
  ALTER ROLE atlas_relay SET idle_in_transaction_session_timeout = '10s';
  ALTER ROLE atlas_jobs SET statement_timeout = '10s';
  ALTER ROLE atlas_jobs SET lock_timeout = '2s';
  ALTER ROLE atlas_jobs SET idle_in_transaction_session_timeout = '10s';
  -- A managed database's administrator is no superuser, and must be a member to hand things over.
  IF NOT pg_has_role(current_user, 'atlas_owner', 'MEMBER') THEN
    EXECUTE format('GRANT atlas_owner TO %I', current_user);
  END IF;
END $$;

CREATE SCHEMA ledger AUTHORIZATION atlas_owner;
GRANT USAGE ON SCHEMA ledger TO atlas_api, atlas_relay;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

SET LOCAL ROLE atlas_owner;

-- One row a partition, on every shard. A write holds its partitions in shared mode (an advisory
-- lock) and then checks the epoch it was routed with; a move takes the lock in exclusive mode. Spread
-- over many pages, because in two of them Postgres would read all 256 rows to find the one.
CREATE TABLE ledger.partition_owner (
  partition smallint PRIMARY KEY CHECK (partition BETWEEN 0 AND 255),
  epoch     bigint   NOT NULL CHECK (epoch > 0),
  state     text     NOT NULL CHECK (state IN ('owned', 'fenced', 'foreign'))
) WITH (fillfactor = 10);
ALTER TABLE ledger.partition_owner ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger.partition_owner FORCE ROW LEVEL SECURITY;
CREATE POLICY partition_owner_is_public ON ledger.partition_owner
  FOR SELECT TO atlas_api, atlas_relay USING (true);
CREATE POLICY partition_owner_is_managed ON ledger.partition_owner
  TO atlas_owner USING (true) WITH CHECK (true);
GRANT SELECT ON ledger.partition_owner TO atlas_api, atlas_relay;

-- The first layout: equal, contiguous ranges. The migrator sets atlas.shard and atlas.shard_count.
INSERT INTO ledger.partition_owner (partition, epoch, state)
SELECT p, 1,
       CASE WHEN p * current_setting('atlas.shard_count')::int / 256
                 = current_setting('atlas.shard')::int
            THEN 'owned' ELSE 'foreign' END
  FROM generate_series(0, 255) AS p;
