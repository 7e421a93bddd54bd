import {
  accepted,
  type Begun,
  type CallContext,
  dayFromText,
  maxReconciledEntries,
  type NewReconciliation,
  type Outcome,
  type Period,
  partitionOfId,
  type Reconciliation,
  type Reconciliations,
  type Refusal,
  type RequestIdentity,
  type StatedEntry,
  startOf,
} from '@atlas/domain';
import { filterJson } from './filter-json.ts';
import { mergePages, shardsOf } from './merge-pages.ts';
import { newId } from './new-id.ts';
import { factsJson, itemsJson, listItems } from './reconciliation-items.ts';
import type { Router } from './router.ts';
import type { Shard } from './shard.ts';
import { statements } from './statements.ts';
import { writeRequest } from './write-request.ts';
import { refusalOf, refusalToJson, type Written } from './written.ts';

/** A reconciliation as it is stored and read (ledger.reconciliation_json). */
interface StoredReconciliation {
  readonly reconciliationId: string;
  readonly accountId: string;
  readonly asset: string;
  readonly accountVersion: string;
  readonly uploadId: string;
  readonly format: Reconciliation['format'];
  readonly dateWindowDays: number;
  readonly reference: Reconciliation['rules']['reference'];
  readonly inverted: boolean;
  readonly periodFrom: string;
  readonly periodTo: string;
  readonly lines: number;
  readonly matched: number;
  readonly missing: number;
  readonly extra: number;
  readonly matchedMinor: string;
  readonly missingMinor: string;
  readonly extraMinor: string;
  readonly createdAt: string;
}

const reconciliationOf = (stored: StoredReconciliation): Reconciliation => {
  const { dateWindowDays, reference, periodFrom, periodTo, ...same } = stored;
  return {
    ...same,
    accountVersion: BigInt(stored.accountVersion),
    rules: { dateWindowDays, reference },
    period: { from: dayFromText(periodFrom) ?? 0, to: dayFromText(periodTo) ?? 0 },
    matchedMinor: BigInt(stored.matchedMinor),
    missingMinor: BigInt(stored.missingMinor),
    extraMinor: BigInt(stored.extraMinor),
    createdAt: new Date(stored.createdAt),
  };
};

interface BegunRow extends Record<string, unknown>, Pick<Written, 'detail'> {
  readonly outcome: Written['outcome'] | 'new';
  readonly asset: string | null;
  readonly scale: number | null;
}

const begin = async (
  router: Router,
  who: RequestIdentity,
  accountId: string,
  { deadline }: CallContext,
): Promise<Begun> => {
  const values = [who.tenant, who.keyHash, who.requestHash, accountId];
  const [row] = await router
    .shardOfId(accountId)
    .run<BegunRow>(statements.beginReconciliation, values, { deadline, effect: 'read' });
  if (row === undefined) throw new Error('the beginning of a reconciliation answered nothing');
  const { outcome, detail, asset, scale } = row;
  if (outcome === 'new') {
    const isThere = asset !== null && scale !== null;
    return { kind: 'new', asset: isThere ? { code: asset, scale } : undefined };
  }
  const refusal = refusalOf({ outcome, detail });
  if (refusal !== undefined) return { kind: 'answered', outcome: refusal };
  const stored: StoredReconciliation = JSON.parse(detail ?? '');
  return { kind: 'answered', outcome: accepted(reconciliationOf(stored), true) };
};

interface EntryRow extends Record<string, unknown> {
  readonly account_version: bigint;
  readonly version: bigint | null;
  readonly transfer_id: string;
  readonly amount: bigint;
  readonly effective_at: Date;
  readonly reference: string | null;
}

const entriesWithin = async (
  router: Router,
  tenant: string,
  accountId: string,
  { from, to }: Period,
  { deadline }: CallContext,
) => {
  const values = [tenant, accountId, startOf(from), startOf(to + 1), maxReconciledEntries + 1];
  const rows = await router
    .shardOfId(accountId)
    .run<EntryRow>(statements.entriesToReconcile, values, { deadline, effect: 'read' });
  if (rows.length > maxReconciledEntries) return undefined;
  const entries = rows.flatMap((row): StatedEntry[] =>
    row.version === null
      ? []
      : [
          {
            version: row.version,
            transferId: row.transfer_id,
            amountMinor: row.amount,
            effectiveAt: row.effective_at,
            reference: row.reference,
          },
        ],
  );
  return { accountVersion: rows[0]?.account_version ?? 0n, entries };
};

const record = async (
  router: Router,
  who: RequestIdentity,
  accountId: string,
  result: NewReconciliation | Refusal,
  context: CallContext,
): Promise<Outcome<Reconciliation>> => {
  const born = partitionOfId(accountId);
  const [refusal, facts, items] =
    'code' in result
      ? [refusalToJson(result), null, null]
      : [null, factsJson(result), itemsJson(result.items)];
  const outcome = await writeRequest(
    router,
    who,
    {
      statement: statements.recordReconciliation,
      values: [refusal, accountId, newId(born), born, facts, items],
      partitions: [born],
    },
    context,
  );
  if (outcome.kind === 'refused') return outcome;
  const stored: StoredReconciliation = JSON.parse(outcome.value.detail ?? '');
  return accepted(reconciliationOf(stored), outcome.replayed);
};

const fetchReconciliations = async (
  shard: Shard,
  values: readonly unknown[],
  { deadline }: CallContext,
): Promise<Reconciliation[]> => {
  const rows = await shard.run<{ readonly read_reconciliations: StoredReconciliation }>(
    statements.readReconciliations,
    values,
    { deadline, effect: 'read' },
  );
  return rows.map((row) => reconciliationOf(row.read_reconciliations));
};

/** Reconciliations live on the shards of their accounts. */
export const postgresReconciliations = (router: Router): Reconciliations => ({
  begin: (...call) => begin(router, ...call),
  entriesWithin: (...call) => entriesWithin(router, ...call),
  record: (...call) => record(router, ...call),
  read: async (tenant, id, context) => {
    const values = [tenant, id, null, 1, '{}'];
    return (await fetchReconciliations(router.shardOfId(id), values, context))[0];
  },
  list: (tenant, filter, { limit, after }, context) =>
    mergePages(
      shardsOf(router, filter.accountId),
      limit,
      (one) => one.reconciliationId,
      (shard) =>
        fetchReconciliations(shard, [tenant, null, after, limit + 1, filterJson(filter)], context),
    ),
  listItems: (...call) => listItems(router, ...call),
});
