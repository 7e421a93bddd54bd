import { Trouble } from '../trouble.ts';
import type { LedgerHistory, Operation } from './read-ledger.ts';
import type { WireAccount, WireHold, WireTransfer } from './wire-types.ts';

/** Members that say something: what is absent means the same and is shorter. */
const unlessEmpty = (
  reference: string | null,
  metadata: Readonly<Record<string, string>>,
): object => ({
  ...(reference === null ? {} : { reference }),
  ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
});

const accountLine = (account: WireAccount): object => ({
  type: 'account',
  ref: account.accountId,
  asset: account.asset,
  name: account.name,
  reuse: false,
  minBalance: account.minBalance,
  maxBalance: account.maxBalance,
  ...unlessEmpty(null, account.metadata),
});

const transferLine = (transfer: WireTransfer): object => {
  const { transferId: ref, reference, metadata, effectiveAt, reverses, postings } = transfer;
  const annotations = { ...unlessEmpty(reference, metadata), effectiveAt };
  if (reverses !== null) return { type: 'reversal', ref, of: reverses, ...annotations };
  return {
    type: 'transfer',
    ref,
    postings: postings.map(({ debitAccountId, creditAccountId, amount }) => ({
      debit: debitAccountId,
      credit: creditAccountId,
      amount,
    })),
    ...annotations,
  };
};

/** A hold that has ended is placed without its expiry, which may be past: its end is a line of its own. */
const holdLine = (hold: WireHold): object => ({
  type: 'hold',
  ref: hold.holdId,
  debit: hold.debitAccountId,
  credit: hold.creditAccountId,
  amount: hold.amount,
  ...(hold.status === 'pending' && hold.expiresAt !== null ? { expiresAt: hold.expiresAt } : {}),
  ...unlessEmpty(hold.reference, hold.metadata),
});

const lineOf = (operation: Operation): object => {
  switch (operation.type) {
    case 'transfer':
      return transferLine(operation.transfer);
    case 'hold':
      return holdLine(operation.hold);
    case 'capture': {
      const { hold, transfer, final } = operation;
      const [posting] = transfer.postings;
      const { transferId: ref } = transfer;
      return { type: 'capture', ref, hold: hold.holdId, amount: posting?.amount, final };
    }
    case 'release':
      return { type: 'void', hold: operation.hold.holdId };
  }
};

/** A hold whose time is over and that the job has not released yet has no line that says so. */
const demandReleased = ({ operations }: LedgerHistory): void => {
  const released = new Set(
    operations.flatMap((one) => (one.type === 'release' ? [one.hold.holdId] : [])),
  );
  for (const one of operations) {
    if (one.type !== 'hold' || one.hold.status !== 'expired') continue;
    if (released.has(one.hold.holdId)) continue;
    throw new Trouble(
      `hold ${one.hold.holdId} has expired and is not released yet: export again in a minute`,
    );
  }
};

/** Atlas's own lines, in an order in which an empty tenant accepts them all. */
export function* jsonLines(history: LedgerHistory): Generator<string> {
  demandReleased(history);
  for (const asset of history.assets) yield JSON.stringify({ type: 'asset', ...asset });
  for (const account of history.accounts) yield JSON.stringify(accountLine(account));
  for (const operation of history.operations) yield JSON.stringify(lineOf(operation));
  for (const { accountId: account, status } of history.accounts) {
    if (status === 'open') continue;
    const change = status === 'closed' ? 'close' : 'freeze';
    yield JSON.stringify({ type: 'change', account, change });
  }
}
