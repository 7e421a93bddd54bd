import type { Annotations, OperationItem } from './import-item.ts';

/** The ids of what the file calls by its own names. */
export interface KnownIds {
  readonly accounts: Map<string, string>;
  readonly transfers: Map<string, string>;
  readonly holds: Map<string, string>;
}

export interface OperationRequest {
  readonly path: string;
  readonly body: object;
}

/** Thrown where the file names something that no earlier line made. */
export class NotMade extends Error {
  override readonly name = 'NotMade';
}

const annotated = ({ reference, metadata, effectiveAt }: Annotations): object => ({
  ...(reference === null ? {} : { reference }),
  metadata,
  ...(effectiveAt === null ? {} : { effectiveAt }),
});

/** What to send for an operation. Throws `NotMade`. */
export const operationRequest = (item: OperationItem, ids: KnownIds): OperationRequest => {
  const find = (known: ReadonlyMap<string, string>, ref: string, missing: string): string => {
    const id = known.get(ref);
    if (id === undefined) throw new NotMade(`the ${missing} ${ref.split('\u0000').at(-1)}`);
    return id;
  };
  const account = (ref: string) => find(ids.accounts, ref, 'account was not opened:');
  const hold = (ref: string) => find(ids.holds, ref, 'hold was not placed:');
  switch (item.kind) {
    case 'transfer': {
      const postings = item.postings.map(({ debit, credit, amount }) => ({
        debitAccountId: account(debit),
        creditAccountId: account(credit),
        amount,
      }));
      return { path: '/v1/transfers', body: { postings, ...annotated(item) } };
    }
    case 'reversal': {
      const transferId = find(ids.transfers, item.of, 'transfer was not posted:');
      return { path: `/v1/transfers/${transferId}/reversal`, body: annotated(item) };
    }
    case 'hold': {
      const { debit, credit, amount, expiresAt } = item;
      const sides = { debitAccountId: account(debit), creditAccountId: account(credit) };
      const body = { ...sides, amount, expiresAt, ...annotated({ ...item, effectiveAt: null }) };
      return { path: '/v1/holds', body };
    }
    case 'capture': {
      const { amount, final } = item;
      const body = { final, ...(amount === undefined ? {} : { amount }) };
      return { path: `/v1/holds/${hold(item.hold)}/capture`, body };
    }
    case 'void':
      return { path: `/v1/holds/${hold(item.hold)}/void`, body: {} };
    case 'change': {
      const what = item.change === 'close' ? 'closure' : 'freeze';
      return { path: `/v1/accounts/${account(item.account)}/${what}`, body: {} };
    }
  }
};
