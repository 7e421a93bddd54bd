/** What an operation is about, beside the accounts and holds and transfers that it names. */
export interface Annotations {
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly effectiveAt: string | null;
}

interface Operation {
  readonly where: string;
  /** What tells this operation from others; equal ones are told apart by their count. */
  readonly identity: string;
  /** What later lines call the transfer or the hold that it makes; null where none does. */
  readonly ref: string | null;
}

export interface TransferItem extends Operation, Annotations {
  readonly kind: 'transfer';
  readonly postings: readonly {
    readonly debit: string;
    readonly credit: string;
    readonly amount: string;
  }[];
}

/** Operations that are about something that an earlier one made. */
export type DependentItem =
  | (Operation & Annotations & { readonly kind: 'reversal'; readonly of: string })
  | (Operation & {
      readonly kind: 'capture';
      readonly hold: string;
      readonly amount: string | undefined;
      readonly final: boolean;
    })
  | (Operation & { readonly kind: 'void'; readonly hold: string })
  | (Operation & {
      readonly kind: 'change';
      readonly account: string;
      readonly change: 'freeze' | 'close';
    });

export type OperationItem =
  | TransferItem
  | (Operation &
      Omit<Annotations, 'effectiveAt'> & {
        readonly kind: 'hold';
        readonly debit: string;
        readonly credit: string;
        readonly amount: string;
        readonly expiresAt: string | null;
      })
  | DependentItem;

export interface AccountItem {
  readonly kind: 'account';
  readonly where: string;
  readonly ref: string;
  readonly asset: string;
  readonly name: string | null;
  readonly minBalance: string | null;
  readonly maxBalance: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** Whether an account of this name and asset that is there already is the one that is meant. */
  readonly reuse: boolean;
}

/** One thing to do, in the order of the file; references are the file's own names. */
export type ImportItem =
  | {
      readonly kind: 'asset';
      readonly where: string;
      readonly code: string;
      readonly scale: number;
    }
  | AccountItem
  | OperationItem
  | { readonly kind: 'refused'; readonly where: string; readonly reason: string }
  | { readonly kind: 'empty'; readonly where: string };
