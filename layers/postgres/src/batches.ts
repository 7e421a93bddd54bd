import {
  accepted,
  type BatchItem,
  type BatchResult,
  type CallContext,
  type HoldReference,
  type Outcome,
  type PostBatch,
  type PostedPosting,
  partitionOfId,
  type RequestIdentity,
  type ReverseTransfer,
  type Transfer,
} from '@atlas/domain';
import { type AppliedItems, applyRequest, type Item } from './apply-request.ts';
import { captureItem, changeOf, holdItem, type StoredChange, voidItem } from './holds.ts';
import { newId } from './new-id.ts';
import { mentionedAccounts, postedTransfer } from './posted-transfer.ts';
import type { Router } from './router.ts';
import { balanceOf, type StoredBalance } from './stored-balance.ts';
import { readTransfers } from './transfers.ts';
import type { Rehearsal } from './write-request.ts';
import { refusalFromValue } from './written.ts';

const reversalItem = (target: string, command: ReverseTransfer): Item => ({
  kind: 'r',
  id: newId(partitionOfId(target)),
  target,
  ...command,
});

/** A reversal as its answer stores it (ledger.apply_items): amounts and times are text. */
interface StoredReversal {
  readonly transferId: string;
  readonly reverses: string;
  readonly reference: string | null;
  readonly metadata: Record<string, string>;
  readonly effectiveAt: string;
  readonly recordedAt: string;
  readonly postings: readonly (Omit<PostedPosting, 'amountMinor'> & {
    readonly amountMinor: string;
  })[];
  readonly balances: readonly StoredBalance[];
}

const reversalOf = (stored: StoredReversal): Transfer => ({
  ...stored,
  holdId: null,
  effectiveAt: new Date(stored.effectiveAt),
  recordedAt: new Date(stored.recordedAt),
  postings: stored.postings.map((posting) => ({
    ...posting,
    amountMinor: BigInt(posting.amountMinor),
  })),
  balances: stored.balances.map(balanceOf),
});

export const reverseTransfer = async (
  router: Router,
  who: RequestIdentity,
  transferId: string,
  command: ReverseTransfer,
  context: CallContext,
): Promise<Outcome<Transfer>> => {
  const item = reversalItem(transferId, command);
  const outcome = await applyRequest(router, who, 'single', [item], context);
  if (outcome.kind === 'refused') return outcome;
  const stored: StoredReversal = JSON.parse(outcome.value.written.detail ?? '');
  return accepted(reversalOf(stored), outcome.replayed);
};

/** Items that name the hold of an earlier one get its id, since that is known beforehand. */
const itemsOf = (batch: readonly BatchItem[]): readonly Item[] => {
  const items: Item[] = [];
  const holdOf = (hold: HoldReference): string => {
    if ('holdId' in hold) return hold.holdId;
    const { kind, id } = items[hold.item] ?? {};
    if (kind !== 'h' || id === undefined) throw new RangeError(`item ${hold.item} places no hold`);
    return id;
  };
  for (const item of batch) {
    switch (item.type) {
      case 'transfer': {
        const [first] = item.command.postings;
        const id = newId(partitionOfId(first?.debitAccountId ?? ''));
        items.push({ kind: 't', id, ...item.command });
        break;
      }
      case 'reversal':
        items.push(reversalItem(item.transferId, item.command));
        break;
      case 'hold':
        items.push(holdItem(item.command));
        break;
      case 'capture':
        items.push(captureItem(holdOf(item.hold), item.command));
        break;
      case 'void':
        items.push(voidItem(holdOf(item.hold)));
        break;
    }
  }
  return items;
};

/** One round trip; a second one reads its transfers where a batch is replayed. */
export const postBatch = (
  router: Router,
  who: RequestIdentity,
  command: PostBatch,
  context: CallContext,
): Promise<Outcome<readonly BatchResult[]>> => applyBatch(router, who, command, context);

export const previewBatch = (
  router: Router,
  tenant: string,
  command: PostBatch,
  context: CallContext,
): Promise<Outcome<readonly BatchResult[]>> =>
  applyBatch(router, { tenant, keyHash: null, requestHash: null }, command, context);

const applyBatch = async (
  router: Router,
  who: RequestIdentity | Rehearsal,
  { atomic, items: batch }: PostBatch,
  context: CallContext,
): Promise<Outcome<readonly BatchResult[]>> => {
  const [first, ...others] = itemsOf(batch);
  if (first === undefined) throw new RangeError('a batch needs an item');
  const mode = atomic ? 'atomic' : 'independent';
  const outcome = await applyRequest(router, who, mode, [first, ...others], context);
  if (outcome.kind === 'refused') return outcome;
  const { detail } = outcome.value.written;
  // Nothing to tell of them: transfers, and every one of them posted.
  const items: readonly StoredResult[] =
    detail === null ? [first, ...others].map(({ id = '' }) => id) : JSON.parse(detail).items;
  const transfers = outcome.replayed
    ? await readAll(router, who.tenant, items, context)
    : toldTransfers(batch, items, outcome.value);
  return accepted(
    items.map((item) => resultOf(item, transfers)),
    outcome.replayed,
  );
};

/** The id of a transfer, another thing that was done, or a refusal. */
type StoredResult = string | StoredReversal | StoredChange | { readonly code: string };

const resultOf = (item: StoredResult, transfers: ReadonlyMap<string, Transfer>): BatchResult => {
  if (typeof item === 'string') {
    const transfer = transfers.get(item);
    if (transfer === undefined) throw new Error(`transfer ${item} was not read`);
    return { type: 'transfer', transfer };
  }
  if ('reverses' in item) return { type: 'transfer', transfer: reversalOf(item) };
  if ('hold' in item) return { type: 'hold', change: changeOf(item) };
  return { type: 'refused', refusal: refusalFromValue(item) };
};

const readAll = async (
  router: Router,
  tenant: string,
  items: readonly StoredResult[],
  context: CallContext,
): Promise<ReadonlyMap<string, Transfer>> => {
  const ids = items.filter((item) => typeof item === 'string');
  const found = await readTransfers(router, tenant, ids, context);
  return new Map(found.map((transfer) => [transfer.transferId, transfer]));
};

/** The transfers by what was asked, and the figures that came back. */
const toldTransfers = (
  batch: readonly BatchItem[],
  results: readonly StoredResult[],
  { written, assetOf }: AppliedItems,
): ReadonlyMap<string, Transfer> => {
  const { recorded_at: recordedAt, figures } = written;
  if (!recordedAt || !figures) throw new Error('the posting function answered in part');
  const told = new Map<string, Transfer>();
  let from = 0;
  for (const [i, id] of results.entries()) {
    const item = batch[i];
    if (typeof id !== 'string' || item?.type !== 'transfer') continue;
    const to = from + 3 * mentionedAccounts(item.command.postings).length;
    const facts = { recordedAt, figures: figures.slice(from, to), assetOf };
    told.set(id, postedTransfer(id, item.command, facts));
    from = to;
  }
  return told;
};
