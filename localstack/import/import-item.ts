/** One thing to do, in the order of the file; references are the file's own names of accounts. */
export type ImportItem =
  | {
      readonly kind: 'asset';
      readonly where: string;
      readonly code: string;
      readonly scale: number;
    }
  | {
      readonly kind: 'account';
      readonly where: string;
      readonly ref: string;
      readonly asset: string;
      readonly name: string;
      readonly minBalance: string | null;
      readonly maxBalance: string | null;
    }
  | {
      readonly kind: 'transfer';
      readonly where: string;
      /** What tells this transfer from others; equal ones are told apart by their count. */
      readonly identity: string;
      readonly postings: readonly {
        readonly debit: string;
        readonly credit: string;
        readonly amount: string;
      }[];
      readonly reference: string | null;
      readonly metadata: Readonly<Record<string, string>>;
      readonly effectiveAt: string | null;
    }
  | { readonly kind: 'refused'; readonly where: string; readonly reason: string }
  | { readonly kind: 'empty'; readonly where: string };
