/** What the API answers with, as far as an export reads it. Amounts and versions are text. */
export interface WireAsset {
  readonly code: string;
  readonly scale: number;
}

export interface WireAccount {
  readonly accountId: string;
  readonly asset: string;
  readonly name: string | null;
  readonly status: 'open' | 'frozen' | 'closed';
  readonly minBalance: string | null;
  readonly maxBalance: string | null;
  readonly balance: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface WireTransfer {
  readonly transferId: string;
  readonly postings: readonly {
    readonly debitAccountId: string;
    readonly creditAccountId: string;
    readonly asset: string;
    readonly amount: string;
  }[];
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly effectiveAt: string;
  readonly holdId: string | null;
  readonly reverses: string | null;
}

export interface WireHold {
  readonly holdId: string;
  readonly debitAccountId: string;
  readonly creditAccountId: string;
  readonly amount: string;
  readonly status: 'pending' | 'captured' | 'voided' | 'expired';
  readonly expiresAt: string | null;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface WireEntry {
  readonly transferId: string | null;
  readonly holdId: string | null;
  readonly kind: 'posted' | 'pending' | 'released';
  readonly recordedAt: string;
}
