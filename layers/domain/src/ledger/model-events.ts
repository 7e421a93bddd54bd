import {
  type EventMessage,
  eventSchemaVersions,
  type LedgerEvents,
  type LedgerEventType,
} from './events.ts';
import type { Surroundings } from './model-state.ts';
import type { Account, Entry, Hold, Transfer } from './types.ts';

const accountMessage = (
  type: LedgerEventType,
  { accountId, version }: { readonly accountId: string; readonly version: bigint },
  { tenant, traceparent }: Surroundings,
  recordedAt: Date,
  rest: object = {},
): EventMessage => ({
  eventId: `${accountId}/${version}`,
  type,
  schemaVersion: eventSchemaVersions[type],
  topic: 'ledger.account.v1',
  key: accountId,
  tenant,
  traceparent,
  data: {
    accountId,
    tenant,
    version: version.toString(),
    recordedAt: recordedAt.toISOString(),
    ...rest,
  } as EventMessage['data'],
});

export const accountOpened = (account: Account, surroundings: Surroundings): EventMessage => {
  const { asset, name, minBalance, maxBalance, metadata } = account;
  return accountMessage('AccountOpened', account, surroundings, account.openedAt, {
    asset,
    name,
    minBalance: minBalance?.toString() ?? null,
    maxBalance: maxBalance?.toString() ?? null,
    metadata,
  });
};

const changeEvents = {
  freeze: 'AccountFrozen',
  unfreeze: 'AccountUnfrozen',
  close: 'AccountClosed',
} as const;

export const accountChanged = (
  account: Account,
  change: keyof typeof changeEvents,
  recordedAt: Date,
  surroundings: Surroundings,
): EventMessage => accountMessage(changeEvents[change], account, surroundings, recordedAt);

export const metadataChanged = (
  account: Account,
  recordedAt: Date,
  surroundings: Surroundings,
): EventMessage => {
  const { metadata, metadataVersion } = account;
  return accountMessage('AccountMetadataChanged', account, surroundings, recordedAt, {
    metadata,
    metadataVersion,
  });
};

export const accountEntered = (
  entry: Entry,
  asset: string,
  surroundings: Surroundings,
): EventMessage =>
  accountMessage('AccountEntered', entry, surroundings, entry.recordedAt, {
    transferId: entry.transferId,
    holdId: entry.holdId,
    asset,
    kind: entry.kind,
    direction: entry.direction,
    amount: entry.amountMinor.toString(),
    balanceAfter: entry.balanceAfterMinor.toString(),
    pendingDebitsAfter: entry.pendingDebitsAfterMinor.toString(),
    pendingCreditsAfter: entry.pendingCreditsAfterMinor.toString(),
    effectiveAt: entry.effectiveAt.toISOString(),
  });

/** The transfer itself, then its entries: two a posting, the debited side first. */
export const transferEvents = (
  transfer: Transfer,
  entries: readonly Entry[],
  surroundings: Surroundings,
): readonly EventMessage[] => {
  const { transferId, holdId, reverses, postings, reference, metadata } = transfer;
  const { tenant, traceparent } = surroundings;
  const posted: EventMessage = {
    eventId: transferId,
    type: 'TransferPosted',
    schemaVersion: eventSchemaVersions.TransferPosted,
    topic: 'ledger.transfer.v1',
    key: transferId,
    tenant,
    traceparent,
    data: {
      transferId,
      holdId,
      reverses,
      tenant,
      postings: postings.map(({ amountMinor, ...posting }) => ({
        ...posting,
        amount: amountMinor.toString(),
      })),
      reference,
      metadata,
      effectiveAt: transfer.effectiveAt.toISOString(),
      recordedAt: transfer.recordedAt.toISOString(),
    },
  };
  const assetOf = (index: number): string => postings[Math.floor(index / 2)]?.asset ?? '';
  return [
    posted,
    ...entries.map((entry, index) => accountEntered(entry, assetOf(index), surroundings)),
  ];
};

export const holdEvent = <Type extends `Hold${string}` & LedgerEventType>(
  type: Type,
  hold: Hold,
  { tenant, traceparent }: Surroundings,
  recordedAt: Date,
  rest: Omit<LedgerEvents[Type], 'holdId' | 'tenant' | 'version' | 'recordedAt'>,
): EventMessage => ({
  eventId: `${hold.holdId}/${hold.version}`,
  type,
  schemaVersion: eventSchemaVersions[type],
  topic: 'ledger.hold.v1',
  key: hold.holdId,
  tenant,
  traceparent,
  data: {
    holdId: hold.holdId,
    tenant,
    version: hold.version.toString(),
    recordedAt: recordedAt.toISOString(),
    ...rest,
  } as unknown as EventMessage['data'],
});
