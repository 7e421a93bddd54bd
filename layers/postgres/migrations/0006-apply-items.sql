-- The general case: any number of items in one transaction, each a transfer of 1 to 100 postings, a
-- reversal, or something about a hold; and the naming of refusals. A single request is one item.
--
-- Locks, in this order: the key and the partitions (shared) by the caller, then all accounts in id order.
-- Accounts, and the holds on them, are read once under these locks and kept in arrays while the items
-- are applied to them in order, so each item sees what the ones before it did. Then everything is
-- written at once, set by set. Nothing is written before the last item is decided: a refusal has
-- nothing to undo.
--
-- Refusals are found in a fixed order, which the reference model shares: what needs no account (found by
-- the caller, in `given`); existence, status and asset posting by posting; overflow of totals posting
-- by posting; limits account by account, in the order of first mention.
SET LOCAL ROLE atlas_owner;

-- What became of the items, each in its place: its refusal, or the answer of an item that is no plain transfer.
-- `figures` are of the transfers in turn: version, balance and available of each touched account, in
-- the order of first mention. `assets` are those of the accounts that the caller named.
CREATE TYPE ledger.applied AS (
  refusals    jsonb[],
  answers     jsonb[],
  recorded_at timestamptz,
  figures     bigint[],
  assets      text[]
);

-- A hold as JSON with text amounts, as answers store it.
CREATE FUNCTION ledger.hold_json(h ledger.hold) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'holdId', h.hold_id, 'debitAccountId', h.debit_account, 'creditAccountId', h.credit_account,
    'asset', h.asset, 'amountMinor', h.amount::text, 'capturedMinor', h.captured::text,
    'status', h.status, 'version', h.version::text, 'expiresAt', h.expires_at,
    'reference', h.reference, 'metadata', h.metadata, 'placedAt', h.placed_at)
$$;

-- Kinds, a letter an item: 't' a transfer, 'r' a reversal of the transfer `targets[i]`, 'h' a hold; 'c' a capture, 'v' the
-- void and 'x' the expiry of the hold `targets[i]`. `ids` are of the transfer or the hold that it
-- makes. `firsts` and `lasts` say which postings are an item's; `debits` and `credits` are places
-- among `accounts`. Without `firsts` each item has one posting, its own. `quantities` and `finals` are for captures: how much (null: all that remains), and
-- whether the rest is released. Atomic: the first refusal ends it, and nothing is written. Dry: nothing
-- is written in any case. A key, with the hash of its request, is carried by the transfer.
CREATE FUNCTION ledger.apply_items(
  tenant_name text, atomic boolean, dry boolean, kinds text, ids uuid[], targets uuid[],
  firsts integer[], lasts integer[], accounts uuid[], debits integer[], credits integer[],
  amounts bigint[], quantities bigint[], finals boolean[], expiries timestamptz[],
  reference_texts text[], metadatas jsonb[], effectives timestamptz[], given jsonb[], trace_text text,
  key uuid DEFAULT NULL, request uuid DEFAULT NULL)
RETURNS ledger.applied LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  greatest_total CONSTANT bigint := 9223372036854775807;
  has_others CONSTANT boolean := translate(kinds, 't', '') <> '';
  -- The accounts, in their places.
  states "char"[];
  assets text[];
  born_in smallint[];
  posted_d bigint[];
  posted_c bigint[];
  pending_d bigint[];
  pending_c bigint[];
  minima bigint[];
  maxima bigint[];
  versions bigint[];
  before_balance bigint[];
  mentioned_by integer[];
  moment timestamptz;
  -- Whether the outbox gets more than a row for each transfer, in an order that matters.
  has_order boolean;
  -- The holds that were there, then those that are placed.
  holds ledger.hold[];
  hold_ids uuid[];
  holds_before integer;
  -- What is to be written.
  entries ledger.entry[] := '{}';
  transfers ledger.transfer[] := '{}';
  further ledger.posting[] := '{}';
  reversals ledger.reversal[] := '{}';
  mails ledger.outbox[] := '{}';
  refusals jsonb[] := array_fill(NULL::jsonb, ARRAY[length(kinds)]);
  answers jsonb[] := array_fill(NULL::jsonb, ARRAY[length(kinds)]);
  figures bigint[] := '{}';
  -- The item.
  kind "char";
  refusal jsonb;
  first integer;
  last integer;
  d integer;
  c integer;
  side integer;
  mentions integer[];
  told smallint[];
  quantity bigint;
  remaining bigint;
  change bigint;
  is_end boolean;
  place integer;
  h ledger.hold;
  r ledger.reversal;
  reverted record;
  home_of_rows smallint;
  text_of_item text;
  json_of_item jsonb;
  result ledger.applied;
BEGIN
  IF targets IS NOT NULL THEN
    accounts := accounts || ARRAY(SELECT a.account_id FROM ledger.accounts_of(tenant_name, targets) a
                                   WHERE a.account_id <> ALL (accounts));
  END IF;
  PERFORM pg_advisory_xact_lock(ledger.account_lock(tenant_name, o.account_id))
     FROM (SELECT unnest(accounts) AS account_id ORDER BY account_id) AS o;
  SELECT array_agg(l.status::"char" ORDER BY o.ordinal), array_agg(l.asset ORDER BY o.ordinal),
         array_agg(l.partition ORDER BY o.ordinal),
         array_agg(l.posted_debits::bigint ORDER BY o.ordinal),
         array_agg(l.posted_credits::bigint ORDER BY o.ordinal),
         array_agg(l.pending_debits::bigint ORDER BY o.ordinal),
         array_agg(l.pending_credits::bigint ORDER BY o.ordinal),
         array_agg(l.min_balance ORDER BY o.ordinal), array_agg(l.max_balance ORDER BY o.ordinal),
         array_agg(l.version ORDER BY o.ordinal), GREATEST(clock_timestamp(), max(l.recorded_at)),
         has_others OR min(l.partition) <> max(l.partition)
    INTO states, assets, born_in, posted_d, posted_c, pending_d, pending_c, minima, maxima, versions,
         moment, has_order
    FROM unnest(accounts) WITH ORDINALITY AS o(account_id, ordinal)
    LEFT JOIN ledger.account l ON l.tenant = tenant_name AND l.account_id = o.account_id;
  before_balance := array_fill(0::bigint, ARRAY[cardinality(accounts)]);
  mentioned_by := array_fill(0, ARRAY[cardinality(accounts)]);
  IF targets IS NOT NULL THEN
    SELECT array_agg(o), array_agg(o.hold_id) INTO holds, hold_ids
      FROM ledger.hold o WHERE o.tenant = tenant_name AND o.hold_id = ANY (targets);
  END IF;
  holds_before := coalesce(cardinality(holds), 0);

  FOR i IN 1 .. length(kinds) LOOP
    kind := substr(kinds, i, 1);
    refusal := given[i];
    first := coalesce(firsts[i], i);
    last := coalesce(lasts[i], i);
    text_of_item := reference_texts[i];
    json_of_item := metadatas[i];

    -- What it is about.
    IF kind = 't' THEN
      home_of_rows := born_in[debits[first]];
      IF has_others THEN
        h := NULL;
      END IF;
    ELSIF refusal IS NOT NULL THEN
      NULL;
    ELSIF kind IN ('c', 'v', 'x') THEN
      place := array_position(hold_ids, targets[i]);
      IF place IS NULL THEN
        refusal := jsonb_build_object('code', 'hold-not-found', 'holdId', targets[i]);
      ELSE
        h := holds[place];
        d := array_position(accounts, h.debit_account);
        c := array_position(accounts, h.credit_account);
        remaining := h.amount - h.captured;
        quantity := coalesce(quantities[i], remaining);
        -- Its time decides, whether or not the expiry has come by; null expires never.
        IF h.status <> 'p' OR coalesce(h.expires_at <= moment, false) = (kind <> 'x') THEN
          refusal := jsonb_build_object('code', 'hold-settled', 'holdId', h.hold_id, 'status',
            CASE h.status WHEN 'c' THEN 'captured' WHEN 'v' THEN 'voided' ELSE 'expired' END);
        ELSIF kind = 'c' AND quantity > remaining THEN
          refusal := jsonb_build_object('code', 'capture-exceeds-hold', 'holdId', h.hold_id,
            'remainingMinor', remaining::text);
        END IF;
        text_of_item := h.reference;
        json_of_item := nullif(h.metadata, '{}');
        home_of_rows := h.partition;
      END IF;
    ELSIF kind = 'r' THEN
      first := cardinality(amounts) + 1;
      FOR reverted IN
        SELECT t.partition, p.debit_account, p.credit_account, p.amount
          FROM ledger.transfer t
         CROSS JOIN LATERAL (
           SELECT 1::smallint AS ordinal, t.debit_account, t.credit_account, t.amount
            UNION ALL
           SELECT q.ordinal, q.debit_account, q.credit_account, q.amount FROM ledger.posting q
            WHERE q.tenant = tenant_name AND q.transfer_id = t.transfer_id) AS p
         WHERE t.tenant = tenant_name AND t.transfer_id = targets[i]
         ORDER BY p.ordinal
      LOOP
        debits := debits || array_position(accounts, reverted.credit_account);
        credits := credits || array_position(accounts, reverted.debit_account);
        amounts := amounts || reverted.amount::bigint;
        home_of_rows := reverted.partition;
      END LOOP;
      last := cardinality(amounts);
      SELECT * INTO r FROM (
        SELECT e.* FROM ledger.reversal e
         WHERE e.tenant = tenant_name AND e.transfer_id = targets[i]
         UNION ALL
        SELECT n.* FROM unnest(reversals) AS n WHERE n.transfer_id = targets[i]) AS either;
      IF last < first THEN
        refusal := jsonb_build_object('code', 'transfer-not-found', 'transferId', targets[i]);
      ELSIF r.reversal_id IS NOT NULL THEN
        refusal := jsonb_build_object('code', 'already-reversed', 'transferId', targets[i],
          'reversalId', r.reversal_id);
      END IF;
      h := NULL;
    END IF;

    -- Whether it may post, or reserve, what it wants to. What is pending counts, so that whatever was
    -- reserved can be captured; no sum leaves the range of bigint before it is compared.
    IF refusal IS NULL AND kind IN ('t', 'r', 'h') THEN
      IF first = last THEN
        d := debits[first];
        c := credits[first];
        quantity := amounts[first];
        refusal := CASE
          WHEN states[d] IS NULL OR states[c] IS NULL THEN
            jsonb_build_object('code', 'account-not-found', 'accountId',
              accounts[CASE WHEN states[d] IS NULL THEN d ELSE c END])
          WHEN states[d] <> 'o' OR states[c] <> 'o' THEN
            jsonb_build_object('code',
              CASE CASE WHEN states[d] <> 'o' THEN states[d] ELSE states[c] END
                WHEN 'c' THEN 'account-closed' ELSE 'account-frozen' END,
              'accountId', accounts[CASE WHEN states[d] <> 'o' THEN d ELSE c END])
          WHEN assets[d] <> assets[c] THEN
            jsonb_build_object('code', 'asset-mismatch', 'debitAccountId', accounts[d],
              'creditAccountId', accounts[c])
          WHEN quantity > greatest_total - posted_d[d] - pending_d[d] THEN
            jsonb_build_object('code', 'amount-overflow', 'accountId', accounts[d])
          WHEN quantity > greatest_total - posted_c[c] - pending_c[c] THEN
            jsonb_build_object('code', 'amount-overflow', 'accountId', accounts[c])
          WHEN posted_c[d] - posted_d[d] - pending_d[d] - quantity < minima[d] THEN
            jsonb_build_object('code', 'insufficient-funds', 'accountId', accounts[d],
              'availableMinor', (posted_c[d] - posted_d[d] - pending_d[d])::text,
              'minBalanceMinor', minima[d]::text)
          WHEN posted_c[c] - posted_d[c] + pending_c[c] + quantity > maxima[c] THEN
            jsonb_build_object('code', 'balance-limit-exceeded', 'accountId', accounts[c],
              'balanceMinor', (posted_c[c] - posted_d[c])::text,
              'maxBalanceMinor', maxima[c]::text)
        END;
        mentions := NULL;
      ELSE
        mentions := '{}';
        FOR p IN first .. last LOOP
          d := debits[p];
          c := credits[p];
          refusal := CASE
            WHEN states[d] IS NULL OR states[c] IS NULL THEN
              jsonb_build_object('code', 'account-not-found', 'accountId',
                accounts[CASE WHEN states[d] IS NULL THEN d ELSE c END])
            WHEN states[d] <> 'o' OR states[c] <> 'o' THEN
              jsonb_build_object('code',
                CASE CASE WHEN states[d] <> 'o' THEN states[d] ELSE states[c] END
                  WHEN 'c' THEN 'account-closed' ELSE 'account-frozen' END,
                'accountId', accounts[CASE WHEN states[d] <> 'o' THEN d ELSE c END])
            WHEN assets[d] <> assets[c] THEN
              jsonb_build_object('code', 'asset-mismatch', 'debitAccountId', accounts[d],
                'creditAccountId', accounts[c])
          END;
          EXIT WHEN refusal IS NOT NULL;
          FOREACH side IN ARRAY ARRAY[d, c] LOOP
            IF mentioned_by[side] <> i THEN
              mentioned_by[side] := i;
              before_balance[side] := posted_c[side] - posted_d[side];
              mentions := mentions || side;
            END IF;
          END LOOP;
        END LOOP;
        IF refusal IS NULL THEN
          -- The totals as they would be; they are put back at once, to be changed with the entries.
          FOR p IN first .. last LOOP
            d := debits[p];
            c := credits[p];
            IF amounts[p] > greatest_total - posted_d[d] - pending_d[d]
               OR amounts[p] > greatest_total - posted_c[c] - pending_c[c] THEN
              refusal := jsonb_build_object('code', 'amount-overflow', 'accountId',
                accounts[CASE WHEN amounts[p] > greatest_total - posted_d[d] - pending_d[d]
                              THEN d ELSE c END]);
              last := p - 1;
              EXIT;
            END IF;
            posted_d[d] := posted_d[d] + amounts[p];
            posted_c[c] := posted_c[c] + amounts[p];
          END LOOP;
          IF refusal IS NULL THEN
            FOREACH side IN ARRAY mentions LOOP
              IF posted_c[side] - posted_d[side] < before_balance[side]
                 AND posted_c[side] - posted_d[side] - pending_d[side] < minima[side] THEN
                refusal := jsonb_build_object('code', 'insufficient-funds', 'accountId', accounts[side],
                  'availableMinor', (before_balance[side] - pending_d[side])::text,
                  'minBalanceMinor', minima[side]::text);
              ELSIF posted_c[side] - posted_d[side] > before_balance[side]
                    AND posted_c[side] - posted_d[side] + pending_c[side] > maxima[side] THEN
                refusal := jsonb_build_object('code', 'balance-limit-exceeded',
                  'accountId', accounts[side], 'balanceMinor', before_balance[side]::text,
                  'maxBalanceMinor', maxima[side]::text);
              END IF;
              EXIT WHEN refusal IS NOT NULL;
            END LOOP;
          END IF;
          FOR p IN first .. last LOOP
            posted_d[debits[p]] := posted_d[debits[p]] - amounts[p];
            posted_c[credits[p]] := posted_c[credits[p]] - amounts[p];
          END LOOP;
        END IF;
      END IF;
      IF refusal IS NULL AND kind = 'h' AND expiries[i] <= moment THEN
        refusal := jsonb_build_object('code', 'expiry-passed');
      END IF;
    END IF;
    IF refusal IS NOT NULL THEN
      refusals[i] := refusal;
      IF atomic THEN
        result.refusals := refusals;
        RETURN result;
      END IF;
      CONTINUE;
    END IF;

    -- What becomes pending, or no longer is: the hold and its event, and an entry and its event on each side.
    IF kind IN ('h', 'c', 'v', 'x') THEN
      IF kind = 'h' THEN
        h := ROW(ids[i], accounts[d], accounts[c], quantity, 0, 1, moment, expiries[i], born_in[d],
                 born_in[c], 'p', tenant_name, assets[d], text_of_item,
                 coalesce(json_of_item, '{}'))::ledger.hold;
        holds := holds || h;
        hold_ids := hold_ids || h.hold_id;
        change := quantity;
        mails := mails || ROW(NULL, h.hold_id, moment, h.partition, ledger.slot_of(h.partition), 0, false,
          'a', tenant_name, 'HoldPlaced', trace_text, jsonb_build_object('holdId', h.hold_id,
            'tenant', tenant_name, 'version', '1', 'recordedAt', moment,
            'debitAccountId', h.debit_account, 'creditAccountId', h.credit_account,
            'asset', h.asset, 'amount', quantity::text, 'expiresAt', h.expires_at,
            'reference', h.reference, 'metadata', h.metadata))::ledger.outbox;
      ELSE
        is_end := kind <> 'c' OR finals[i] OR quantity = remaining;
        change := - CASE WHEN is_end THEN remaining ELSE quantity END;
        h.version := h.version + 1;
        IF kind = 'c' THEN
          h.captured := h.captured + quantity;
        END IF;
        IF is_end THEN
          h.status := kind;
        END IF;
        holds[place] := h;
        mails := mails || ROW(NULL, h.hold_id, moment, h.partition, ledger.slot_of(h.partition), 0, false,
          'a', tenant_name,
          CASE kind WHEN 'c' THEN 'HoldCaptured' WHEN 'v' THEN 'HoldVoided' ELSE 'HoldExpired' END,
          trace_text, jsonb_build_object('holdId', h.hold_id, 'tenant', tenant_name,
            'version', h.version::text, 'recordedAt', moment)
          || CASE kind
               WHEN 'c' THEN jsonb_build_object('transferId', ids[i], 'amount', quantity::text,
                 'released', CASE WHEN is_end THEN remaining - quantity ELSE 0 END::text,
                 'remaining', CASE WHEN is_end THEN 0 ELSE remaining - quantity END::text)
               ELSE jsonb_build_object('released', remaining::text)
             END)::ledger.outbox;
      END IF;
      pending_d[d] := pending_d[d] + change;
      pending_c[c] := pending_c[c] + change;
      FOREACH side IN ARRAY ARRAY[d, c] LOOP
        versions[side] := versions[side] + 1;
        entries := entries || ROW(accounts[side], h.hold_id, versions[side], abs(change),
          posted_c[side] - posted_d[side], moment, born_in[side],
          CASE kind WHEN 'h' THEN 'h' ELSE 'r' END, CASE side WHEN d THEN 'd' ELSE 'c' END,
          tenant_name, nullif(pending_d[side], 0), nullif(pending_c[side], 0))::ledger.entry;
        mails := mails || ROW(NULL, accounts[side], moment, born_in[side],
          ledger.slot_of(born_in[side]), 0, false, 'a', tenant_name, 'AccountEntered', trace_text,
          jsonb_build_object('accountId', accounts[side], 'tenant', tenant_name,
            'version', versions[side]::text, 'recordedAt', moment, 'transferId', NULL,
            'holdId', h.hold_id, 'asset', h.asset,
            'kind', CASE kind WHEN 'h' THEN 'pending' ELSE 'released' END,
            'direction', CASE side WHEN d THEN 'debit' ELSE 'credit' END,
            'amount', abs(change)::text, 'balanceAfter', (posted_c[side] - posted_d[side])::text,
            'pendingDebitsAfter', pending_d[side]::text,
            'pendingCreditsAfter', pending_c[side]::text, 'effectiveAt', moment))::ledger.outbox;
      END LOOP;
    END IF;

    -- What is posted: the transfer with its entries. Its event is composed from them later, by a row for each
    -- partition that it touches, its own first, an account there or not.
    IF kind IN ('t', 'r', 'c') THEN
      IF kind = 'c' THEN
        first := 1;
        last := 1;
      END IF;
      IF has_order THEN
        mails := mails || ROW(NULL, ids[i], moment, home_of_rows, ledger.slot_of(home_of_rows), 0,
          false, 't', tenant_name, NULL, trace_text, NULL)::ledger.outbox;
        told := '{}';
      END IF;
      FOR p IN first .. last LOOP
        IF first <> last THEN
          d := debits[p];
          c := credits[p];
          quantity := amounts[p];
        END IF;
        versions[d] := versions[d] + 1;
        versions[c] := versions[c] + 1;
        posted_d[d] := posted_d[d] + quantity;
        posted_c[c] := posted_c[c] + quantity;
        entries := entries || ROW(accounts[d], ids[i], versions[d], quantity, posted_c[d] - posted_d[d],
          moment, born_in[d], 'p', 'd', tenant_name,
          nullif(pending_d[d], 0), nullif(pending_c[d], 0))::ledger.entry;
        entries := entries || ROW(accounts[c], ids[i], versions[c], quantity, posted_c[c] - posted_d[c],
          moment, born_in[c], 'p', 'c', tenant_name,
          nullif(pending_d[c], 0), nullif(pending_c[c], 0))::ledger.entry;
        IF p = first THEN
          transfers := transfers || ROW(ids[i], accounts[d], accounts[c], quantity, versions[d],
            versions[c], moment, effectives[i], home_of_rows, last - first + 1, tenant_name,
            text_of_item, json_of_item, h.hold_id,
            CASE kind WHEN 'r' THEN targets[i] END, key, request)::ledger.transfer;
        ELSE
          further := further || ROW(ids[i], accounts[d], accounts[c], quantity, versions[d],
            versions[c], home_of_rows, p - first + 1, tenant_name)::ledger.posting;
        END IF;
        IF born_in[d] <> home_of_rows AND born_in[d] <> ALL (told) THEN
          told := told || born_in[d];
          mails := mails || ROW(NULL, ids[i], moment, born_in[d], ledger.slot_of(born_in[d]), 0, false,
            't', tenant_name, NULL, trace_text, NULL)::ledger.outbox;
        END IF;
        IF born_in[c] <> home_of_rows AND born_in[c] <> ALL (told) THEN
          told := told || born_in[c];
          mails := mails || ROW(NULL, ids[i], moment, born_in[c], ledger.slot_of(born_in[c]), 0, false,
            't', tenant_name, NULL, trace_text, NULL)::ledger.outbox;
        END IF;
      END LOOP;
    END IF;

    -- What it is answered.
    IF kind = 'r' THEN
      reversals := reversals || ROW(tenant_name, targets[i], ids[i], home_of_rows)::ledger.reversal;
      IF mentions IS NULL THEN
        mentions := ARRAY[d, c];
      END IF;
      answers[i] := jsonb_build_object('transferId', ids[i], 'reverses', targets[i],
        'reference', text_of_item, 'metadata', coalesce(json_of_item, '{}'),
        'effectiveAt', coalesce(effectives[i], moment), 'recordedAt', moment,
        'postings', (SELECT jsonb_agg(jsonb_build_object(
             'debitAccountId', accounts[debits[p.place]], 'creditAccountId', accounts[credits[p.place]],
             'asset', assets[debits[p.place]], 'amountMinor', amounts[p.place]::text) ORDER BY p.place)
           FROM generate_series(first, last) AS p(place)),
        'balances', (SELECT jsonb_agg(jsonb_build_object('accountId', accounts[m.side],
             'version', versions[m.side]::text,
             'balanceMinor', (posted_c[m.side] - posted_d[m.side])::text,
             'availableMinor', (posted_c[m.side] - posted_d[m.side] - pending_d[m.side])::text)
             ORDER BY m.place)
           FROM unnest(mentions) WITH ORDINALITY AS m(side, place)));
    ELSIF kind <> 't' THEN
      answers[i] := jsonb_build_object('hold', ledger.hold_json(h),
        'transferId', CASE kind WHEN 'c' THEN ids[i] END,
        'balances', jsonb_build_array(
          jsonb_build_object('accountId', accounts[d], 'version', versions[d]::text,
            'balanceMinor', (posted_c[d] - posted_d[d])::text,
            'availableMinor', (posted_c[d] - posted_d[d] - pending_d[d])::text),
          jsonb_build_object('accountId', accounts[c], 'version', versions[c]::text,
            'balanceMinor', (posted_c[c] - posted_d[c])::text,
            'availableMinor', (posted_c[c] - posted_d[c] - pending_d[c])::text)));
    ELSIF mentions IS NULL THEN
      figures := figures || ARRAY[
        versions[d], posted_c[d] - posted_d[d], posted_c[d] - posted_d[d] - pending_d[d],
        versions[c], posted_c[c] - posted_d[c], posted_c[c] - posted_d[c] - pending_d[c]];
    ELSE
      FOREACH side IN ARRAY mentions LOOP
        figures := figures || ARRAY[versions[side], posted_c[side] - posted_d[side],
          posted_c[side] - posted_d[side] - pending_d[side]];
      END LOOP;
    END IF;
  END LOOP;

  IF NOT dry THEN
    UPDATE ledger.account a
       SET posted_debits = n.posted_debits, posted_credits = n.posted_credits,
           pending_debits = n.pending_debits, pending_credits = n.pending_credits,
           version = n.version, recorded_at = moment
      FROM unnest(accounts, posted_d, posted_c, pending_d, pending_c, versions)
        AS n(account_id, posted_debits, posted_credits, pending_debits, pending_credits, version)
     WHERE a.tenant = tenant_name AND a.account_id = n.account_id AND a.version <> n.version;
    INSERT INTO ledger.transfer SELECT n.* FROM unnest(transfers) AS n;
    IF cardinality(further) > 0 THEN
      INSERT INTO ledger.posting SELECT n.* FROM unnest(further) AS n;
    END IF;
    IF cardinality(reversals) > 0 THEN
      INSERT INTO ledger.reversal SELECT n.* FROM unnest(reversals) AS n;
    END IF;
    IF holds IS NOT NULL THEN
      UPDATE ledger.hold o SET captured = n.captured, version = n.version, status = n.status
        FROM unnest(holds[1:holds_before]) AS n
       WHERE o.tenant = tenant_name AND o.hold_id = n.hold_id AND o.version <> n.version;
      INSERT INTO ledger.hold SELECT n.* FROM unnest(holds[holds_before + 1:]) AS n;
    END IF;
    INSERT INTO ledger.entry SELECT n.* FROM unnest(entries) AS n;
    IF effectives IS NOT NULL THEN
      PERFORM ledger.shift_effective(tenant_name, entries, transfers);
    END IF;
    IF has_order THEN
      INSERT INTO ledger.outbox
        (aggregate_id, written_at, partition, slot, kind, tenant, event_type, trace, payload)
      SELECT n.aggregate_id, n.written_at, n.partition, n.slot, n.kind, n.tenant, n.event_type, n.trace,
             n.payload
        FROM unnest(mails) AS n;
    ELSE
      INSERT INTO ledger.outbox (aggregate_id, written_at, partition, slot, kind, tenant, trace)
      SELECT n.transfer_id, moment, n.partition, ledger.slot_of(n.partition), 't', tenant_name, trace_text
        FROM unnest(transfers) AS n;
    END IF;
  END IF;

  result.refusals := refusals;
  result.answers := answers;
  result.recorded_at := moment;
  result.figures := figures;
  result.assets := assets;
  RETURN result;
END $$;

-- Posts a transfer under a key that is new and locked, on partitions that are held. `accounts` are distinct, in
-- the order of first mention; `born` is the partition of the first of them, and `home` that of the key.
CREATE FUNCTION ledger.post_claimed(
  tenant_name text, key uuid, request uuid, home smallint, born smallint, new_transfer uuid,
  accounts uuid[], debits integer[], credits integer[], amounts bigint[], reference_text text,
  metadata_json jsonb, effective timestamptz, trace_text text)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  applied ledger.applied;
  result ledger.written;
BEGIN
  applied := ledger.apply_items(tenant_name, true, false, 't', ARRAY[new_transfer], NULL,
    ARRAY[1], ARRAY[cardinality(amounts)], accounts, debits, credits, amounts, NULL, NULL, NULL,
    ARRAY[reference_text], ARRAY[metadata_json],
    CASE WHEN effective IS NOT NULL THEN ARRAY[effective] END, NULL, trace_text,
    CASE WHEN born = home THEN key END, CASE WHEN born = home THEN request END);
  IF applied.refusals[1] IS NOT NULL THEN
    RETURN ledger.keep_answer(tenant_name, key, request, home, applied.refusals[1]);
  END IF;
  IF born <> home THEN
    INSERT INTO ledger.idempotency_key (tenant, key_hash, request_hash, partition, transfer_ids)
    VALUES (tenant_name, key, request, home, ARRAY[new_transfer]);
  END IF;
  result.outcome := 'done';
  result.transfer_id := new_transfer;
  result.recorded_at := applied.recorded_at;
  result.figures := applied.figures;
  result.assets := applied.assets;
  RETURN result;
END $$;

CREATE FUNCTION ledger.post_many(
  tenant_name text, key uuid, request uuid, home smallint,
  partitions smallint[], epochs bigint[], born smallint, new_transfer uuid,
  accounts uuid[], debits integer[], credits integer[], amounts bigint[],
  reference_text text, metadata_json jsonb, effective timestamptz, trace_text text, refusal jsonb)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  result ledger.written;
BEGIN
  result := ledger.begin_request(tenant_name, key, request, partitions, epochs);
  IF result.outcome IS NOT NULL THEN
    RETURN result;
  END IF;
  -- Refusals that need no account (the same account twice, two shards) are found by the caller,
  -- and come here to be kept like any other.
  IF refusal IS NOT NULL THEN
    RETURN ledger.keep_answer(tenant_name, key, request, home, refusal);
  END IF;
  RETURN ledger.post_claimed(tenant_name, key, request, home, born, new_transfer, accounts, debits,
    credits, amounts, reference_text, metadata_json, effective, trace_text);
END $$;

-- Any other items, the answer of which is stored. Mode: 's' a single one, answered with what became of
-- it; 'a' a batch of which all or nothing is done; 'i' a batch of which each is decided alone. What is
-- stored of a plain transfer is its id, since its rows never change; of anything else the answer. Without
-- a key it is a rehearsal: nothing is written, and nothing stored.
CREATE FUNCTION ledger.apply_request(
  tenant_name text, key uuid, request uuid, home smallint, partitions smallint[], epochs bigint[],
  mode "char", kinds text, ids uuid[], targets uuid[], firsts integer[], lasts integer[],
  accounts uuid[], debits integer[], credits integer[], amounts bigint[], quantities bigint[],
  finals boolean[], expiries timestamptz[], reference_texts text[], metadatas jsonb[],
  effectives timestamptz[], given jsonb[], trace_text text)
RETURNS ledger.written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  applied ledger.applied;
  refused integer;
  answer jsonb;
  result ledger.written;
BEGIN
  IF key IS NULL THEN
    PERFORM set_config('atlas.tenant', tenant_name, true);
    PERFORM ledger.hold_touched(tenant_name, partitions, epochs, targets);
  ELSE
    result := ledger.begin_request(tenant_name, key, request, partitions, epochs, targets);
    IF result.outcome IS NOT NULL THEN
      RETURN result;
    END IF;
  END IF;
  applied := ledger.apply_items(tenant_name, mode <> 'i', key IS NULL, kinds, ids, targets, firsts,
    lasts, accounts, debits, credits, amounts, quantities, finals, expiries, reference_texts,
    metadatas, effectives, given, trace_text);
  IF mode <> 'i' THEN
    SELECT min(n.place) INTO refused
      FROM unnest(applied.refusals) WITH ORDINALITY AS n(refusal, place) WHERE n.refusal IS NOT NULL;
  END IF;
  IF mode = 's' THEN
    answer := coalesce(applied.refusals[1], applied.answers[1]);
  ELSIF refused IS NOT NULL THEN
    answer := jsonb_build_object('code', 'batch-item-refused', 'item', refused - 1,
      'refusal', applied.refusals[refused]);
  ELSIF array_remove(applied.refusals || applied.answers, NULL) <> '{}' THEN
    SELECT jsonb_build_object('items',
             jsonb_agg(coalesce(n.refusal, n.answer, to_jsonb(n.id)) ORDER BY n.place))
      INTO answer
      FROM unnest(applied.refusals, applied.answers, ids) WITH ORDINALITY
        AS n(refusal, answer, id, place);
  END IF;

  IF key IS NULL THEN
    result.outcome := CASE WHEN answer ? 'code' THEN 'refused' ELSE 'done' END;
    result.detail := answer::text;
  ELSIF answer IS NULL THEN
    -- Transfers, and all of them accepted: whoever sent them knows what to tell.
    INSERT INTO ledger.idempotency_key (tenant, key_hash, request_hash, partition, transfer_ids)
    VALUES (tenant_name, key, request, home, ids);
    result.outcome := 'done';
  ELSE
    result := ledger.keep_answer(tenant_name, key, request, home, answer);
  END IF;
  result.recorded_at := applied.recorded_at;
  result.figures := applied.figures;
  result.assets := applied.assets;
  RETURN result;
END $$;
