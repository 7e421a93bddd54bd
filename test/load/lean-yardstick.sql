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
GRANT USAGE ON SCHEMA lean TO atlas_api;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA lean TO atlas_api;
