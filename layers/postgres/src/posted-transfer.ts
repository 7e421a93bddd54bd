import type { Posting, PostTransfer, Transfer } from '@atlas/domain';

/** Accounts in the order of first mention; places count from 1, as in Postgres. */
export class AccountPlaces {
  private readonly places = new Map<string, number>();

  /** The places of a posting's two sides. */
  add({ debitAccountId, creditAccountId }: Posting): readonly [debit: number, credit: number] {
    return [this.place(debitAccountId), this.place(creditAccountId)];
  }

  accounts(): readonly string[] {
    return [...this.places.keys()];
  }

  private place(account: string): number {
    const known = this.places.get(account);
    if (known !== undefined) return known;
    this.places.set(account, this.places.size + 1);
    return this.places.size;
  }
}

export const mentionedAccounts = (postings: readonly Posting[]): readonly string[] => [
  ...new Set(postings.flatMap((p) => [p.debitAccountId, p.creditAccountId])),
];

/** What Postgres told of a transfer that it has just posted. */
export interface PostedFacts {
  readonly recordedAt: Date;
  /** Version, balance and available of each touched account, in the order of first mention. */
  readonly figures: readonly bigint[];
  readonly assetOf: ReadonlyMap<string, string>;
}

/** The transfer as it would be read, without reading it. */
export const postedTransfer = (
  transferId: string,
  command: PostTransfer,
  { recordedAt, figures, assetOf }: PostedFacts,
): Transfer => ({
  transferId,
  postings: command.postings.map((posting) => ({
    ...posting,
    asset: assetOf.get(posting.debitAccountId) ?? '',
  })),
  reference: command.reference,
  metadata: command.metadata,
  effectiveAt: command.effectiveAt ?? recordedAt,
  recordedAt,
  holdId: null,
  reverses: null,
  balances: mentionedAccounts(command.postings).map((accountId, i) => ({
    accountId,
    version: figures[3 * i] ?? 0n,
    balanceMinor: figures[3 * i + 1] ?? 0n,
    availableMinor: figures[3 * i + 2] ?? 0n,
  })),
});
