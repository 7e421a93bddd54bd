import type {
  Balance,
  CallContext,
  Entry,
  EntryFilter,
  EntryKind,
  Page,
  PageRequest,
  TrialBalance,
  TrialBalanceLine,
} from '@atlas/domain';
import { fetchAccount } from './accounts.ts';
import { filterJson } from './filter-json.ts';
import type { Router } from './router.ts';
import { statements } from './statements.ts';

interface EntryRow extends Record<string, unknown> {
  readonly version: bigint | null;
  readonly transfer_id: string | null;
  readonly hold_id: string | null;
  readonly kind: string;
  readonly direction: string;
  readonly amount: bigint;
  readonly balance_after: bigint;
  readonly pending_debits_after: bigint;
  readonly pending_credits_after: bigint;
  readonly recorded_at: Date;
  readonly effective_at: Date;
}

const kindOf: Readonly<Record<string, EntryKind>> = { p: 'posted', h: 'pending', r: 'released' };

const kindFrom = (code: string): EntryKind => {
  const kind = kindOf[code];
  if (kind === undefined) throw new Error(`no entry kind "${code}"`);
  return kind;
};

export const listEntries = async (
  router: Router,
  tenant: string,
  accountId: string,
  filter: EntryFilter,
  page: PageRequest,
  context: CallContext,
): Promise<Page<Entry> | undefined> => {
  const rows = await router
    .shardOfId(accountId)
    .run<EntryRow>(
      statements.readEntries,
      [tenant, accountId, page.after ?? '0', page.limit + 1, filterJson(filter)],
      { deadline: context.deadline, effect: 'read' },
    );
  if (rows.length === 0) return undefined;
  const entries = rows.flatMap((row): Entry[] =>
    row.version === null
      ? []
      : [
          {
            accountId,
            version: row.version,
            transferId: row.transfer_id,
            holdId: row.hold_id,
            kind: kindFrom(row.kind),
            direction: row.direction === 'd' ? 'debit' : 'credit',
            amountMinor: row.amount,
            balanceAfterMinor: row.balance_after,
            pendingDebitsAfterMinor: row.pending_debits_after,
            pendingCreditsAfterMinor: row.pending_credits_after,
            effectiveAt: row.effective_at,
            recordedAt: row.recorded_at,
          },
        ],
  );
  const items = entries.slice(0, page.limit);
  const last = items.at(-1);
  return {
    items,
    next: entries.length > page.limit && last !== undefined ? last.version.toString() : null,
  };
};

export const readBalance = async (
  router: Router,
  tenant: string,
  accountId: string,
  context: CallContext,
): Promise<Balance | undefined> => {
  const row = await fetchAccount(router, tenant, accountId, context);
  if (row === undefined) return undefined;
  const balanceMinor = row.posted_credits - row.posted_debits;
  return {
    accountId,
    asset: row.asset,
    version: row.version,
    balanceMinor,
    availableMinor: balanceMinor - row.pending_debits,
    postedDebits: row.posted_debits,
    postedCredits: row.posted_credits,
    pendingDebits: row.pending_debits,
    pendingCredits: row.pending_credits,
    recordedAt: row.recorded_at,
  };
};

/** A sum over accounts can leave the range of bigint, so it is a numeric, which pg reads as text. */
interface TrialRow extends Record<string, unknown> {
  readonly account_id: string | null;
  readonly name: string | null;
  readonly asset: string;
  readonly debits: string;
  readonly credits: string;
}

/** Each shard answers from one snapshot; a transfer never crosses shards, so the totals agree. */
export const trialBalance = async (
  router: Router,
  tenant: string,
  page: PageRequest,
  context: CallContext,
): Promise<TrialBalance> => {
  const answers = await Promise.all(
    router.shards.map((shard) =>
      shard.run<TrialRow>(statements.trialBalance, [tenant, page.after, page.limit + 1], {
        deadline: context.deadline,
        effect: 'read',
      }),
    ),
  );
  const totals = new Map<string, { debits: bigint; credits: bigint }>();
  const lines: TrialBalanceLine[] = [];
  for (const row of answers.flat()) {
    const debitsMinor = BigInt(row.debits);
    const creditsMinor = BigInt(row.credits);
    if (row.account_id !== null) {
      const { account_id: accountId, name, asset } = row;
      lines.push({ accountId, name, asset, debitsMinor, creditsMinor });
    } else {
      const total = totals.get(row.asset) ?? { debits: 0n, credits: 0n };
      total.debits += debitsMinor;
      total.credits += creditsMinor;
      totals.set(row.asset, total);
    }
  }
  lines.sort((a, b) => (a.accountId < b.accountId ? -1 : 1));
  const items = lines.slice(0, page.limit);
  return {
    totals: [...totals]
      .map(([asset, { debits, credits }]) => ({
        asset,
        debitsMinor: debits,
        creditsMinor: credits,
      }))
      .sort((a, b) => (a.asset < b.asset ? -1 : 1)),
    lines: { items, next: lines.length > page.limit ? (items.at(-1)?.accountId ?? null) : null },
  };
};
