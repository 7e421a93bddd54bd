import type {
  BalanceAfter,
  CallContext,
  Page,
  PageRequest,
  Transfer,
  TransferFilter,
} from '@atlas/domain';
import { filterJson } from './filter-json.ts';
import { mergePages, shardsOf } from './merge-pages.ts';
import type { Router } from './router.ts';
import type { Shard } from './shard.ts';
import { statements } from './statements.ts';

/** One posting with what its sides were left with (type ledger.posting_view). */
interface PostingRow extends Record<string, unknown> {
  readonly transfer_id: string;
  readonly recorded_at: Date;
  readonly effective_at: Date | null;
  readonly reference: string | null;
  readonly metadata: Record<string, string> | null;
  readonly debit_account: string;
  readonly credit_account: string;
  readonly amount: bigint;
  readonly asset: string;
  readonly debit_version: bigint;
  readonly debit_balance: bigint;
  readonly debit_available: bigint;
  readonly credit_version: bigint;
  readonly credit_balance: bigint;
  readonly credit_available: bigint;
  readonly hold_id: string | null;
  readonly reverses: string | null;
}

const transferOf = (rows: readonly PostingRow[]): Transfer => {
  const [first] = rows;
  if (first === undefined) throw new RangeError('a transfer has a posting');
  const balances = new Map<string, BalanceAfter>();
  for (const row of rows) {
    balances.set(row.debit_account, {
      accountId: row.debit_account,
      version: row.debit_version,
      balanceMinor: row.debit_balance,
      availableMinor: row.debit_available,
    });
    balances.set(row.credit_account, {
      accountId: row.credit_account,
      version: row.credit_version,
      balanceMinor: row.credit_balance,
      availableMinor: row.credit_available,
    });
  }
  return {
    transferId: first.transfer_id,
    postings: rows.map((row) => ({
      debitAccountId: row.debit_account,
      creditAccountId: row.credit_account,
      amountMinor: row.amount,
      asset: row.asset,
    })),
    reference: first.reference,
    metadata: first.metadata ?? {},
    effectiveAt: first.effective_at ?? first.recorded_at,
    recordedAt: first.recorded_at,
    holdId: first.hold_id,
    reverses: first.reverses,
    balances: [...balances.values()],
  };
};

const fetchTransfers = async (
  shard: Shard,
  tenant: string,
  range: {
    readonly wanted: readonly string[] | null;
    readonly after: string | null;
    readonly limit: number;
    readonly filter: TransferFilter;
  },
  context: CallContext,
): Promise<Transfer[]> => {
  const rows = await shard.run<PostingRow>(
    statements.readTransfers,
    [tenant, range.wanted, range.after, range.limit, filterJson(range.filter)],
    { deadline: context.deadline, effect: 'read' },
  );
  const byTransfer = new Map<string, PostingRow[]>();
  for (const row of rows) {
    const known = byTransfer.get(row.transfer_id);
    if (known === undefined) byTransfer.set(row.transfer_id, [row]);
    else known.push(row);
  }
  return [...byTransfer.values()].map(transferOf);
};

export const readTransfer = async (
  router: Router,
  tenant: string,
  transferId: string,
  context: CallContext,
): Promise<Transfer | undefined> => {
  const shard = router.shardOfId(transferId);
  const range = { wanted: [transferId], after: null, limit: 1, filter: {} };
  const [transfer] = await fetchTransfers(shard, tenant, range, context);
  return transfer;
};

/** Transfers of one shard, in the order of their ids as given. Throws where one is missing. */
export const readTransfers = async (
  router: Router,
  tenant: string,
  ids: readonly string[],
  context: CallContext,
): Promise<readonly Transfer[]> => {
  const [first] = ids;
  if (first === undefined) return [];
  const range = { wanted: ids, after: null, limit: ids.length, filter: {} };
  const found = await fetchTransfers(router.shardOfId(first), tenant, range, context);
  const byId = new Map(found.map((transfer) => [transfer.transferId, transfer]));
  return ids.map((id) => {
    const transfer = byId.get(id);
    if (transfer === undefined) throw new Error(`transfer ${id} has a key and no row`);
    return transfer;
  });
};

export const listTransfers = (
  router: Router,
  tenant: string,
  filter: TransferFilter,
  page: PageRequest,
  context: CallContext,
): Promise<Page<Transfer>> =>
  mergePages(
    shardsOf(router, filter.accountId),
    page.limit,
    (transfer) => transfer.transferId,
    (shard) =>
      fetchTransfers(
        shard,
        tenant,
        { wanted: null, after: page.after, limit: page.limit + 1, filter },
        context,
      ),
  );
