import type { LedgerEventType } from './events.ts';
import type { LedgerState } from './model.ts';
import type { Transfer } from './types.ts';

/** An event as far as the model tells it: what happened to which aggregate, in which version. */
export interface ModelEvent {
  readonly type: LedgerEventType;
  readonly key: string;
  /** Null for transfers, which happen once. */
  readonly version: bigint | null;
  readonly tenant: string;
}

/** The transfer itself, then an entry on each side of each posting. */
export const postingEvents = (
  transfer: Transfer,
  before: LedgerState,
  tenant: string,
): readonly ModelEvent[] => {
  const versions = new Map<string, bigint>();
  const entered = (accountId: string): ModelEvent => {
    const last = versions.get(accountId) ?? before.accounts.get(accountId)?.version ?? 0n;
    versions.set(accountId, last + 1n);
    return { type: 'AccountEntered', key: accountId, version: last + 1n, tenant };
  };
  return [
    { type: 'TransferPosted', key: transfer.transferId, version: null, tenant },
    ...transfer.postings.flatMap((posting) => [
      entered(posting.debitAccountId),
      entered(posting.creditAccountId),
    ]),
  ];
};
