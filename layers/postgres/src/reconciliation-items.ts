import {
  type CallContext,
  dayFromText,
  dayText,
  type NewReconciliation,
  type Page,
  type PageRequest,
  type ReconciliationItem,
  type ReconciliationOutcome,
} from '@atlas/domain';
import type { Router } from './router.ts';
import { statements } from './statements.ts';

const codeOf: Readonly<Record<ReconciliationOutcome, string>> = {
  matched: 'm',
  missing: 'l',
  extra: 'e',
};

/** What ledger.record_reconciliation takes, as JSON with text amounts. */
export const factsJson = (result: NewReconciliation): string =>
  JSON.stringify({
    accountVersion: result.accountVersion.toString(),
    uploadId: result.uploadId,
    format: result.format,
    ...result.rules,
    inverted: result.inverted,
    periodFrom: dayText(result.period.from),
    periodTo: dayText(result.period.to),
  });

export const itemsJson = (items: readonly ReconciliationItem[]): string =>
  JSON.stringify(
    items.map(({ outcome, line, entry }, i) => ({
      ordinal: i + 1,
      outcome: codeOf[outcome],
      line_number: line?.number,
      line_date: line === null ? undefined : dayText(line.day),
      line_amount: line?.amountMinor.toString(),
      line_reference: line?.reference,
      entry_version: entry?.version.toString(),
      transfer_id: entry?.transferId,
      entry_amount: entry?.amountMinor.toString(),
      effective_at: entry?.effectiveAt,
      entry_reference: entry?.reference,
    })),
  );

/** Of an item; both halves are null where its reconciliation has none after the one that was given. */
interface ItemRow extends Record<string, unknown> {
  readonly ordinal: number | null;
  readonly outcome: string;
  readonly line_number: number | null;
  readonly line_date: string;
  readonly line_amount: bigint;
  readonly line_reference: string | null;
  readonly entry_version: bigint | null;
  readonly transfer_id: string;
  readonly entry_amount: bigint;
  readonly effective_at: Date;
  readonly entry_reference: string | null;
}

const itemOf = (row: ItemRow): ReconciliationItem => {
  const line =
    row.line_number === null
      ? null
      : {
          number: row.line_number,
          day: dayFromText(row.line_date) ?? 0,
          amountMinor: row.line_amount,
          reference: row.line_reference,
        };
  const entry =
    row.entry_version === null
      ? null
      : {
          version: row.entry_version,
          transferId: row.transfer_id,
          amountMinor: row.entry_amount,
          effectiveAt: row.effective_at,
          reference: row.entry_reference,
        };
  if (line !== null) {
    return entry === null
      ? { outcome: 'missing', line, entry }
      : { outcome: 'matched', line, entry };
  }
  if (entry === null) throw new Error('an item is neither a line nor an entry');
  return { outcome: 'extra', line, entry };
};

export const listItems = async (
  router: Router,
  tenant: string,
  reconciliationId: string,
  outcome: ReconciliationOutcome | undefined,
  { limit, after }: PageRequest,
  { deadline }: CallContext,
): Promise<Page<ReconciliationItem> | undefined> => {
  const wanted = outcome === undefined ? null : codeOf[outcome];
  const values = [tenant, reconciliationId, after ?? '0', limit + 1, wanted];
  const rows = await router
    .shardOfId(reconciliationId)
    .run<ItemRow>(statements.readReconciliationItems, values, { deadline, effect: 'read' });
  if (rows.length === 0) return undefined;
  const found = rows.filter(({ ordinal }) => ordinal !== null);
  const page = found.slice(0, limit);
  const last = page.at(-1)?.ordinal;
  const next = found.length > limit && typeof last === 'number' ? last.toString() : null;
  return { items: page.map(itemOf), next };
};
