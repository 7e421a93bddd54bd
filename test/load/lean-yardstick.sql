-- The yardstick: the least that still is double entry. Two balances, two entries, one transfer row,
-- sorted locks and a dense version for each account. No tenant, no row level security, no
-- idempotency, no outbox, no limits, no status, no partitions, no answer but the two balances.
CREATE SCHEMA lean;

CREATE TABLE lean.account (
  account_id     uuid   PRIMARY KEY,
  posted_debits  bigint NOT NULL DEFAULT 0,
  posted_credits bigint NOT NULL DEFAULT 0,
  version        bigint NOT NULL DEFAULT 1
) WITH (fillfactor = 50);

CREATE TABLE lean.transfer (
  transfer_id    uuid        PRIMARY KEY,
  debit_account  uuid        NOT NULL,
  credit_account uuid        NOT NULL,
  amount         bigint      NOT NULL,
  recorded_at    timestamptz NOT NULL
);

-- The key is how an honest ledger reads its entries: an account's, in the order of their versions.
CREATE TABLE lean.entry (
  account_id    uuid   NOT NULL,
  version       bigint NOT NULL,
  transfer_id   uuid   NOT NULL,
  amount        bigint NOT NULL,
  balance_after bigint NOT NULL,
  PRIMARY KEY (account_id, version)
);

-- Locks both accounts in id order, by updating them.
CREATE FUNCTION lean.post(
  new_transfer uuid, debit uuid, credit uuid, amount_minor bigint,
  OUT debit_balance bigint, OUT credit_balance bigint)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  debit_version bigint;
  credit_version bigint;
BEGIN
  IF debit < credit THEN
    UPDATE lean.account a SET posted_debits = a.posted_debits + amount_minor, version = a.version + 1
     WHERE a.account_id = debit
    RETURNING a.posted_credits - a.posted_debits, a.version INTO debit_balance, debit_version;
    UPDATE lean.account a SET posted_credits = a.posted_credits + amount_minor, version = a.version + 1
     WHERE a.account_id = credit
    RETURNING a.posted_credits - a.posted_debits, a.version INTO credit_balance, credit_version;
  ELSE
    UPDATE lean.account a SET posted_credits = a.posted_credits + amount_minor, version = a.version + 1
     WHERE a.account_id = credit
    RETURNING a.posted_credits - a.posted_debits, a.version INTO credit_balance, credit_version;
    UPDATE lean.account a SET posted_debits = a.posted_debits + amount_minor, version = a.version + 1
     WHERE a.account_id = debit
    RETURNING a.posted_credits - a.posted_debits, a.version INTO debit_balance, debit_version;
  END IF;
  INSERT INTO lean.transfer (transfer_id, debit_account, credit_account, amount, recorded_at)
  VALUES (new_transfer, debit, credit, amount_minor, clock_timestamp());
  INSERT INTO lean.entry (account_id, version, transfer_id, amount, balance_after)
  VALUES (debit, debit_version, new_transfer, amount_minor, debit_balance),
         (credit, credit_version, new_transfer, amount_minor, credit_balance);
END $$;
-- The same for many at once: locks every account in id order, then reads, computes running balances by
-- window functions, and writes each table once.
CREATE FUNCTION lean.post_batch(
  new_transfers uuid[], debits uuid[], credits uuid[], amounts bigint[], OUT posted integer)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM FROM lean.account a
    WHERE a.account_id = ANY (debits || credits) ORDER BY a.account_id FOR UPDATE;
  WITH postings AS (
    SELECT * FROM unnest(new_transfers, debits, credits, amounts) WITH ORDINALITY
      AS p(transfer_id, debit, credit, amount, ordinal)
  ), sides AS (
    SELECT p.debit AS account_id, p.transfer_id, p.amount, p.amount AS debited, 0::bigint AS credited, p.ordinal
      FROM postings p
     UNION ALL
    SELECT p.credit, p.transfer_id, p.amount, 0, p.amount, p.ordinal FROM postings p
  ), running AS (
    SELECT s.account_id, s.transfer_id, s.amount,
           row_number() OVER w AS n, sum(s.debited) OVER w AS debits, sum(s.credited) OVER w AS credits
      FROM sides s
    WINDOW w AS (PARTITION BY s.account_id ORDER BY s.ordinal)
  ), transfers AS (
    INSERT INTO lean.transfer (transfer_id, debit_account, credit_account, amount, recorded_at)
    SELECT p.transfer_id, p.debit, p.credit, p.amount, clock_timestamp() FROM postings p
  ), entries AS (
    INSERT INTO lean.entry (account_id, version, transfer_id, amount, balance_after)
    SELECT r.account_id, a.version + r.n, r.transfer_id, r.amount,
           a.posted_credits + r.credits - a.posted_debits - r.debits
      FROM running r JOIN lean.account a ON a.account_id = r.account_id
  )
  UPDATE lean.account a
     SET posted_debits = a.posted_debits + t.debits, posted_credits = a.posted_credits + t.credits,
         version = a.version + t.n
    FROM (SELECT r.account_id, max(r.n) AS n, max(r.debits) AS debits, max(r.credits) AS credits
            FROM running r GROUP BY r.account_id) AS t
   WHERE a.account_id = t.account_id;
  posted := cardinality(amounts);
END $$;
GRANT USAGE ON SCHEMA lean TO atlas_api;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA lean TO atlas_api;
