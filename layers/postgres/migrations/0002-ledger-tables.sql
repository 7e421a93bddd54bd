-- The ledger's tables. Every row carries its tenant, so that each policy is a plain equality, and
-- its virtual partition, so that a partition can be moved. Row level security is forced.
--
-- What a posting writes is checked by domains: Postgres parses a table's check anew for every
-- statement that writes, and a domain's once a session.
SET LOCAL ROLE atlas_owner;

CREATE DOMAIN ledger.amount AS bigint CHECK (VALUE > 0);
CREATE DOMAIN ledger.total AS bigint CHECK (VALUE >= 0);
CREATE DOMAIN ledger.entry_version AS bigint CHECK (VALUE > 1);
CREATE DOMAIN ledger.posting_count AS smallint CHECK (VALUE BETWEEN 1 AND 100);
CREATE DOMAIN ledger.account_status AS "char" CHECK (VALUE IN ('o', 'f', 'c'));
CREATE DOMAIN ledger.entry_kind AS "char" CHECK (VALUE IN ('p', 'h', 'r'));
CREATE DOMAIN ledger.hold_status AS "char" CHECK (VALUE IN ('p', 'c', 'v', 'x'));
CREATE DOMAIN ledger.direction AS "char" CHECK (VALUE IN ('d', 'c'));

-- Immutable, and the same on every shard.
CREATE TABLE ledger.asset (
  tenant     text COLLATE "C" NOT NULL,
  code       text COLLATE "C" NOT NULL,
  scale      smallint    NOT NULL CHECK (scale BETWEEN 0 AND 18),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant, code)
);

-- A snapshot of the fold over the account's entries. Kept narrow, because every posting rewrites
-- two of these rows; fillfactor 50 leaves room on the page, so that the rewrite stays HOT. No foreign
-- key to or from this table: Postgres would look at each rewrite whether it changed a key. The API may
-- not update the columns of one, nobody may delete an asset or an account, and ledger.open_account,
-- the only writer, looks for the asset first.
CREATE TABLE ledger.account (
  account_id      uuid        NOT NULL,
  posted_debits   ledger.total NOT NULL DEFAULT 0,
  posted_credits  ledger.total NOT NULL DEFAULT 0,
  pending_debits  ledger.total NOT NULL DEFAULT 0,
  pending_credits ledger.total NOT NULL DEFAULT 0,
  min_balance     bigint,
  max_balance     bigint,
  version         bigint      NOT NULL DEFAULT 1,
  recorded_at     timestamptz NOT NULL,
  partition       smallint    NOT NULL,
  status          ledger.account_status NOT NULL DEFAULT 'o',
  tenant          text COLLATE "C" NOT NULL,
  asset           text COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, account_id)
) WITH (fillfactor = 50);

-- What a posting never touches.
CREATE TABLE ledger.account_detail (
  tenant           text COLLATE "C" NOT NULL,
  account_id       uuid        NOT NULL,
  partition        smallint    NOT NULL,
  name             text,
  metadata         jsonb       NOT NULL DEFAULT '{}',
  metadata_version integer     NOT NULL DEFAULT 1,
  opened_at        timestamptz NOT NULL,
  PRIMARY KEY (tenant, account_id)
);
CREATE INDEX account_detail_by_name ON ledger.account_detail (tenant, md5(name));

-- Immutable. The first posting is in the row; a transfer of one posting, the commonest, needs no
-- other. Null effective_at means the time of recording; hold_id is the hold it captured from, reverses
-- the transfer that it takes back. A transfer that a request of its own posted carries the request's key,
-- if both belong to the same partition (see ledger.idempotency_key).
CREATE TABLE ledger.transfer (
  transfer_id    uuid        NOT NULL,
  debit_account  uuid        NOT NULL,
  credit_account uuid        NOT NULL,
  amount         ledger.amount NOT NULL,
  debit_version  bigint      NOT NULL,
  credit_version bigint      NOT NULL,
  recorded_at    timestamptz NOT NULL,
  effective_at   timestamptz,
  partition      smallint    NOT NULL,
  postings       ledger.posting_count NOT NULL,
  tenant         text COLLATE "C" NOT NULL,
  reference      text,
  metadata       jsonb,
  hold_id        uuid,
  reverses       uuid,
  key_hash       uuid,
  request_hash   uuid,
  PRIMARY KEY (tenant, transfer_id),
  CHECK (debit_account <> credit_account)
);
CREATE UNIQUE INDEX transfer_by_key ON ledger.transfer (key_hash) WHERE key_hash IS NOT NULL;

-- Postings 2 to 100.
CREATE TABLE ledger.posting (
  transfer_id    uuid     NOT NULL,
  debit_account  uuid     NOT NULL,
  credit_account uuid     NOT NULL,
  amount         ledger.amount NOT NULL,
  debit_version  bigint   NOT NULL,
  credit_version bigint   NOT NULL,
  partition      smallint NOT NULL,
  ordinal        smallint NOT NULL CHECK (ordinal BETWEEN 2 AND 100),
  tenant         text COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, transfer_id, ordinal),
  FOREIGN KEY (tenant, transfer_id) REFERENCES ledger.transfer (tenant, transfer_id),
  CHECK (debit_account <> credit_account)
);

-- Which transfer took which back. A table of its own, because a unique index on the transfers would cost
-- each of them.
CREATE TABLE ledger.reversal (
  tenant      text COLLATE "C" NOT NULL,
  transfer_id uuid     NOT NULL,
  reversal_id uuid     NOT NULL,
  partition   smallint NOT NULL,
  PRIMARY KEY (tenant, transfer_id),
  FOREIGN KEY (tenant, transfer_id) REFERENCES ledger.transfer (tenant, transfer_id),
  FOREIGN KEY (tenant, reversal_id) REFERENCES ledger.transfer (tenant, transfer_id)
);

-- Pending postings. Their accounts never change; whoever changes a hold has the locks of both.
CREATE TABLE ledger.hold (
  hold_id          uuid        NOT NULL,
  debit_account    uuid        NOT NULL,
  credit_account   uuid        NOT NULL,
  amount           ledger.amount NOT NULL,
  captured         ledger.total NOT NULL DEFAULT 0,
  version          bigint      NOT NULL DEFAULT 1,
  placed_at        timestamptz NOT NULL,
  expires_at       timestamptz,
  partition        smallint    NOT NULL,
  credit_partition smallint    NOT NULL,
  status           ledger.hold_status NOT NULL DEFAULT 'p',
  tenant           text COLLATE "C" NOT NULL,
  asset            text COLLATE "C" NOT NULL,
  reference        text,
  metadata         jsonb       NOT NULL DEFAULT '{}',
  PRIMARY KEY (tenant, hold_id),
  CHECK (debit_account <> credit_account),
  CHECK (captured <= amount)
);
-- What the job looks for; a hold leaves this index when it ends.
CREATE INDEX hold_by_expiry ON ledger.hold (expires_at) WHERE status = 'p' AND expires_at IS NOT NULL;

-- Append-only. Kinds: 'p' adds to a posted total, 'h' to a pending one, and 'r' takes off that again;
-- what wrote an entry is a transfer ('p') or a hold. Nothing pending is null rather than zero: eight bytes
-- a column saved on each row.
-- The key has no foreign key behind it: the posting functions, the only writers, hold the account's
-- lock, and a check by trigger would cost two more statements a posting. Nor has it the tenant: ids are
-- unique without.
CREATE TABLE ledger.entry (
  account_id            uuid        NOT NULL,
  transfer_id           uuid        NOT NULL, -- or the hold's
  version               ledger.entry_version NOT NULL,
  amount                ledger.amount NOT NULL,
  balance_after         bigint      NOT NULL,
  recorded_at           timestamptz NOT NULL,
  partition             smallint    NOT NULL,
  kind                  ledger.entry_kind NOT NULL,
  direction             ledger.direction NOT NULL,
  tenant                text COLLATE "C" NOT NULL,
  pending_debits_after  bigint,
  pending_credits_after bigint,
  PRIMARY KEY (account_id, version)
);

-- What separates balances by business time from those by recorded time. A posting with an effective_at of
-- its own adds its amount there, and takes it off again at the time it was recorded: the balance as of a
-- recorded time, plus all shifts up to that time, is the balance that was effective then. Postings
-- without one are effective when recorded, and have no shift. `side` says of which of the two times a row is.
CREATE TABLE ledger.effective_shift (
  account_id uuid        NOT NULL,
  at         timestamptz NOT NULL,
  version    bigint      NOT NULL,
  amount     bigint      NOT NULL,
  partition  smallint    NOT NULL,
  side       "char"      NOT NULL CHECK (side IN ('e', 'r')),
  tenant     text COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, account_id, at, version, side)
);

-- Sums of shifts by hour and by month (UTC), so that a balance adds up months, hours and what is left of
-- an hour rather than the whole history. A sum can leave the range of bigint.
CREATE TABLE ledger.effective_shift_sum (
  account_id uuid        NOT NULL,
  starts_at  timestamptz NOT NULL,
  amount     numeric     NOT NULL,
  partition  smallint    NOT NULL,
  span       "char"      NOT NULL CHECK (span IN ('h', 'm')),
  tenant     text COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, account_id, span, starts_at)
) WITH (fillfactor = 80);

-- What became of a request, under the hash of its tenant and key, unless a transfer carries it. Exactly
-- one of transfer_ids, answer and bound_partition is set: what was posted, the stored answer (a refusal,
-- or what an account request answered), or where the request's rows live instead.
CREATE TABLE ledger.idempotency_key (
  key_hash        uuid        NOT NULL,
  request_hash    uuid        NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  partition       smallint    NOT NULL,
  bound_partition smallint,
  tenant          text COLLATE "C" NOT NULL,
  answer          jsonb,
  transfer_ids    uuid[],
  PRIMARY KEY (key_hash),
  CHECK (num_nonnulls(transfer_ids, answer, bound_partition) = 1)
);

-- The API's tenant is what the transaction set; unset is no tenant at all, never every tenant.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['asset', 'account', 'account_detail', 'transfer', 'reversal', 'posting',
                              'hold', 'entry', 'effective_shift', 'effective_shift_sum',
                              'idempotency_key'] LOOP
    EXECUTE format('ALTER TABLE ledger.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE ledger.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format($p$CREATE POLICY own_tenant ON ledger.%I TO atlas_api
      USING (tenant = current_setting('atlas.tenant', true))
      WITH CHECK (tenant = current_setting('atlas.tenant', true))$p$, name);
    EXECUTE format('GRANT SELECT, INSERT ON ledger.%I TO atlas_api', name);
  END LOOP;
  -- The relay composes events of every tenant, and changes none of these rows.
  FOREACH name IN ARRAY ARRAY['account', 'transfer', 'posting', 'entry'] LOOP
    EXECUTE format('CREATE POLICY relay_reads ON ledger.%I FOR SELECT TO atlas_relay USING (true)', name);
    EXECUTE format('GRANT SELECT ON ledger.%I TO atlas_relay', name);
  END LOOP;
END $$;
-- A job finds out for which tenant a hold is due, and then ends it as that tenant.
CREATE POLICY jobs_find_due ON ledger.hold FOR SELECT TO atlas_jobs
  USING (status = 'p' AND expires_at IS NOT NULL);
-- A foreign key is checked as the owner of the table that refers, whom forced security binds too; and
-- the check locks the row it finds FOR KEY SHARE, which takes an update policy to pass.
CREATE POLICY owner_checks_references ON ledger.transfer FOR SELECT TO atlas_owner USING (true);
CREATE POLICY owner_locks_references ON ledger.transfer FOR UPDATE TO atlas_owner USING (true);

GRANT UPDATE (posted_debits, posted_credits, pending_debits, pending_credits, version, recorded_at,
              status) ON ledger.account TO atlas_api;
GRANT UPDATE (metadata, metadata_version) ON ledger.account_detail TO atlas_api;
GRANT UPDATE (captured, version, status) ON ledger.hold TO atlas_api;
GRANT UPDATE (amount) ON ledger.effective_shift_sum TO atlas_api;
