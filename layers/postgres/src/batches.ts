import {
  accepted,
  type BatchItem,
  type BatchResult,
  type CallContext,
  type HoldReference,
  type Outcome,
  type PostBatch,
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
import { readTransfer, readTransfers } from './transfers.ts';
import { refusalFromValue } from './written.ts';

const reversalItem = (target: string, command: ReverseTransfer): Item => ({
  kind: 'r',
  id: newId(partitionOfId(target)),
  target,
  ...command,
});

/** Two round trips: what it posted is read back, since only Postgres knew the postings. */
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
  const reversalId: string = JSON.parse(outcome.value.written.detail ?? '');
  const transfer = await readTransfer(router, who.tenant, reversalId, context);
  if (transfer === undefined) throw new Error(`reversal ${reversalId} has a key and no row`);
  return accepted(transfer, outcome.replayed);
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

/**
 * One round trip for what is written, and a second one to read what was posted where the answer does not
 * follow from the request: for reversals, and when a batch is replayed.
 */
export const postBatch = async (
  router: Router,
  who: RequestIdentity,
  { atomic, items: batch }: PostBatch,
  context: CallContext,
): Promise<Outcome<readonly BatchResult[]>> => {
  const [first, ...others] = itemsOf(batch);
  if (first === undefined) throw new RangeError('a batch needs an item');
  const mode = atomic ? 'atomic' : 'independent';
  const outcome = await applyRequest(router, who, mode, [first, ...others], context);
  if (outcome.kind === 'refused') return outcome;
  const { items }: { readonly items: readonly StoredResult[] } = JSON.parse(
    outcome.value.written.detail ?? '',
  );
  const told = outcome.replayed ? new Map() : toldTransfers(batch, items, outcome.value);
  const unread = items.filter(
    (item): item is string => typeof item === 'string' && !told.has(item),
  );
  for (const transfer of await readTransfers(router, who.tenant, unread, context)) {
    told.set(transfer.transferId, transfer);
  }
  const results = items.map((item): BatchResult => {
    if (typeof item !== 'string') {
      return 'hold' in item
        ? { type: 'hold', change: changeOf(item) }
        : { type: 'refused', refusal: refusalFromValue(item) };
    }
    const transfer = told.get(item);
    if (transfer === undefined) throw new Error(`transfer ${item} was not read`);
    return { type: 'transfer', transfer };
  });
  return accepted(results, outcome.replayed);
};

/** The id of a transfer, what a hold was answered, or a refusal. */
type StoredResult = string | StoredChange | { readonly code: string };

/** The transfers of which everything is known, by what was asked and the figures that came back. */
const toldTransfers = (
  batch: readonly BatchItem[],
  results: readonly StoredResult[],
  { written, assetOf }: AppliedItems,
): Map<string, Transfer> => {
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
