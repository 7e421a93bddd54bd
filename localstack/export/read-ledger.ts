import type { LedgerClient } from '../import/ledger-client.ts';
import { Trouble } from '../trouble.ts';
import { orderOperations } from './order-operations.ts';
import { readPages } from './read-pages.ts';
import type { WireAccount, WireAsset, WireEntry, WireHold, WireTransfer } from './wire-types.ts';

/** Something that wrote entries. */
export type Operation =
  | { readonly type: 'transfer'; readonly transfer: WireTransfer }
  | { readonly type: 'hold'; readonly hold: WireHold }
  | {
      readonly type: 'capture';
      readonly hold: WireHold;
      readonly transfer: WireTransfer;
      /** Whether it ended the hold. */
      readonly final: boolean;
    }
  /** The end of a hold without a capture: a void, or its expiry. */
  | { readonly type: 'release'; readonly hold: WireHold };

export interface LedgerHistory {
  readonly assets: readonly WireAsset[];
  readonly accounts: readonly WireAccount[];
  /** In an order in which each account sees them as it did. */
  readonly operations: readonly Operation[];
}

export interface ReadProgress {
  readonly accounts: number;
  readonly transfers: number;
  readonly holds: number;
  readonly entriesOf: number;
}

const all = async <T>(client: LedgerClient, path: string): Promise<T[]> => {
  const items: T[] = [];
  for await (const item of readPages<T>(client, path)) items.push(item);
  return items;
};

/**
 * What wrote an entry: a transfer, or a hold, which does so when it is placed and when it is released. A
 * capture releases first and then posts, so a release before a transfer from the same hold is its.
 */
const operationOf = (entry: WireEntry, next: WireEntry | undefined): string => {
  const { transferId, holdId, kind } = entry;
  if (transferId !== null) return transferId;
  if (kind === 'pending') return `placed ${holdId}`;
  const capture = next?.kind === 'posted' && next.holdId === holdId ? next.transferId : null;
  return capture ?? `released ${holdId}`;
};

/**
 * Reads a tenant's whole history through the API. What happened at the same time as the reading, and
 * was seen in part, is found out and said, rather than written half. All of it is kept in memory: about
 * a kilobyte a transfer.
 */
export const readLedger = async (
  client: LedgerClient,
  onProgress: (progress: ReadProgress) => void = () => {},
): Promise<LedgerHistory> => {
  const assets = await all<WireAsset>(client, '/v1/assets');
  const accounts = await all<WireAccount>(client, '/v1/accounts');
  const progress = { accounts: accounts.length, transfers: 0, holds: 0, entriesOf: 0 };
  const holds = new Map<string, WireHold>();
  for await (const hold of readPages<WireHold>(client, '/v1/holds')) {
    holds.set(hold.holdId, hold);
    progress.holds += 1;
  }
  const transfers = new Map<string, WireTransfer>();
  for await (const transfer of readPages<WireTransfer>(client, '/v1/transfers')) {
    transfers.set(transfer.transferId, transfer);
    progress.transfers += 1;
    onProgress(progress);
  }
  const sequences = new Map<string, readonly string[]>();
  const times = new Map<string, string>();
  for (const { accountId } of accounts) {
    const sequence: string[] = [];
    const entries = await all<WireEntry>(client, `/v1/accounts/${accountId}/entries`);
    for (const [i, entry] of entries.entries()) {
      const operation = operationOf(entry, entries[i + 1]);
      if (sequence.at(-1) !== operation) sequence.push(operation);
      times.set(operation, entry.recordedAt);
    }
    sequences.set(accountId, sequence);
    progress.entriesOf += 1;
    onProgress(progress);
  }
  const byTime = [...times].sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0));
  demandWhole(byTime.length, sequences, transfers, holds);
  const operations = orderOperations(
    byTime.map(([operation]) => operation),
    sequences,
  );
  const lastOf = new Map(operations.map((id) => [transfers.get(id)?.holdId, id] as const));
  return {
    assets,
    accounts,
    operations: operations.map((id) => operationBy(id, transfers, holds, lastOf)),
  };
};

const operationBy = (
  id: string,
  transfers: ReadonlyMap<string, WireTransfer>,
  holds: ReadonlyMap<string, WireHold>,
  lastOf: ReadonlyMap<string | null | undefined, string>,
): Operation => {
  const transfer = transfers.get(id);
  if (transfer !== undefined) {
    const hold = holds.get(transfer.holdId ?? '');
    if (hold === undefined) return { type: 'transfer', transfer };
    const final = hold.status === 'captured' && lastOf.get(hold.holdId) === id;
    return { type: 'capture', hold, transfer, final };
  }
  const [what, holdId = ''] = id.split(' ');
  const hold = holds.get(holdId);
  if (hold === undefined) throw changed(`hold ${holdId}`);
  return { type: what === 'placed' ? 'hold' : 'release', hold };
};

const changed = (what: string): Trouble =>
  new Trouble(
    `the ledger changed while it was read (${what} was seen in part): export it again, when less is posted`,
  );

/** Each operation is on as many accounts as it names, and each that is listed has its entries. */
const demandWhole = (
  operations: number,
  sequences: ReadonlyMap<string, readonly string[]>,
  transfers: ReadonlyMap<string, WireTransfer>,
  holds: ReadonlyMap<string, WireHold>,
): void => {
  const places = new Map<string, number>();
  for (const sequence of sequences.values()) {
    for (const id of sequence) places.set(id, (places.get(id) ?? 0) + 1);
  }
  let ends = 0;
  for (const [id, count] of places) {
    const transfer = transfers.get(id);
    const sides = transfer?.postings.flatMap((p) => [p.debitAccountId, p.creditAccountId]);
    if (count !== (sides === undefined ? 2 : new Set(sides).size)) throw changed(id);
    if (transfer === undefined && id.startsWith('released ')) ends += 1;
  }
  for (const id of transfers.keys()) if (!places.has(id)) throw changed(`transfer ${id}`);
  for (const id of holds.keys()) if (!places.has(`placed ${id}`)) throw changed(`hold ${id}`);
  if (operations !== transfers.size + holds.size + ends) throw changed('an operation');
};
