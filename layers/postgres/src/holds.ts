import {
  accepted,
  type CallContext,
  type CaptureHold,
  type Hold,
  type HoldChange,
  type HoldFilter,
  type HoldStatus,
  type Outcome,
  type Page,
  type PageRequest,
  type PlaceHold,
  partitionOfId,
  type RequestIdentity,
} from '@atlas/domain';
import { applyRequest, type Item } from './apply-request.ts';
import { filterJson } from './filter-json.ts';
import { mergePages, shardsOf } from './merge-pages.ts';
import { newId } from './new-id.ts';
import type { Router } from './router.ts';
import type { Shard } from './shard.ts';
import { statements } from './statements.ts';
import { balanceOf, type StoredBalance } from './stored-balance.ts';

/** A hold as it is stored and read: JSON with amounts and times as text (ledger.hold_json). */
interface StoredHold {
  readonly holdId: string;
  readonly debitAccountId: string;
  readonly creditAccountId: string;
  readonly asset: string;
  readonly amountMinor: string;
  readonly capturedMinor: string;
  readonly status: string;
  readonly version: string;
  readonly expiresAt: string | null;
  readonly reference: string | null;
  readonly metadata: Record<string, string>;
  readonly placedAt: string;
}

/** What a request about a hold was answered (ledger.apply_items). */
export interface StoredChange {
  readonly hold: StoredHold;
  readonly transferId: string | null;
  readonly balances: readonly StoredBalance[];
}

const statusOf: Readonly<Record<string, HoldStatus>> = {
  p: 'pending',
  c: 'captured',
  v: 'voided',
  x: 'expired',
};

const holdOf = (stored: StoredHold): Hold => {
  const status = statusOf[stored.status];
  if (status === undefined) throw new Error(`no hold status "${stored.status}"`);
  return {
    ...stored,
    status,
    amountMinor: BigInt(stored.amountMinor),
    capturedMinor: BigInt(stored.capturedMinor),
    version: BigInt(stored.version),
    expiresAt: stored.expiresAt === null ? null : new Date(stored.expiresAt),
    placedAt: new Date(stored.placedAt),
  };
};

export const changeOf = ({ hold, transferId, balances }: StoredChange): HoldChange => ({
  hold: holdOf(hold),
  transferId,
  balances: balances.map(balanceOf),
});

export const holdItem = (command: PlaceHold): Item => {
  const { debitAccountId, creditAccountId, amountMinor, ...rest } = command;
  const postings = [{ debitAccountId, creditAccountId, amountMinor }];
  return { kind: 'h', id: newId(partitionOfId(debitAccountId)), postings, ...rest };
};

export const captureItem = (target: string, { amountMinor, final }: CaptureHold): Item => {
  const id = newId(partitionOfId(target));
  return { kind: 'c', id, target, quantity: amountMinor, final };
};

export const voidItem = (target: string): Item => ({ kind: 'v', target });

const writeHold = async (
  router: Router,
  who: RequestIdentity,
  item: Item,
  context: CallContext,
): Promise<Outcome<HoldChange>> => {
  const outcome = await applyRequest(router, who, 'single', [item], context);
  if (outcome.kind === 'refused') return outcome;
  const change: StoredChange = JSON.parse(outcome.value.written.detail ?? '');
  return accepted(changeOf(change), outcome.replayed);
};

export const placeHold = (
  router: Router,
  who: RequestIdentity,
  command: PlaceHold,
  context: CallContext,
): Promise<Outcome<HoldChange>> => writeHold(router, who, holdItem(command), context);

export const captureHold = (
  router: Router,
  who: RequestIdentity,
  holdId: string,
  command: CaptureHold,
  context: CallContext,
): Promise<Outcome<HoldChange>> => writeHold(router, who, captureItem(holdId, command), context);

export const voidHold = (
  router: Router,
  who: RequestIdentity,
  holdId: string,
  context: CallContext,
): Promise<Outcome<HoldChange>> => writeHold(router, who, voidItem(holdId), context);

const fetchHolds = async (
  shard: Shard,
  values: readonly unknown[],
  context: CallContext,
): Promise<Hold[]> => {
  const rows = await shard.run<{ readonly read_holds: StoredHold }>(statements.readHolds, values, {
    deadline: context.deadline,
    effect: 'read',
  });
  return rows.map((row) => holdOf(row.read_holds));
};

export const readHold = async (
  router: Router,
  tenant: string,
  holdId: string,
  context: CallContext,
): Promise<Hold | undefined> => {
  const shard = router.shardOfId(holdId);
  const [hold] = await fetchHolds(shard, [tenant, holdId, null, 1, '{}'], context);
  return hold;
};

export const listHolds = (
  router: Router,
  tenant: string,
  filter: HoldFilter,
  page: PageRequest,
  context: CallContext,
): Promise<Page<Hold>> =>
  mergePages(
    shardsOf(router, filter.accountId),
    page.limit,
    (hold) => hold.holdId,
    (shard) =>
      fetchHolds(shard, [tenant, null, page.after, page.limit + 1, filterJson(filter)], context),
  );
