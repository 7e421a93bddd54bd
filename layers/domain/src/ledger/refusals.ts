import type { WebhookRefusal } from '../webhooks/refusals.ts';

/**
 * A refusal: the expected "no" of a business rule. It is a value, it changes nothing, it is stored
 * under the idempotency key and replayed (except the two at the end, which speak of the key itself).
 * Every code has a problem mapping in the runtime layer and a page in docs/problems/.
 */
export type Refusal =
  | { readonly code: 'account-not-found'; readonly accountId: string }
  | { readonly code: 'asset-not-found'; readonly asset: string }
  | { readonly code: 'asset-conflict'; readonly asset: string; readonly existingScale: number }
  | {
      readonly code: 'asset-mismatch';
      readonly debitAccountId: string;
      readonly creditAccountId: string;
    }
  | { readonly code: 'same-account'; readonly accountId: string }
  | { readonly code: 'account-closed'; readonly accountId: string }
  | { readonly code: 'account-frozen'; readonly accountId: string }
  | { readonly code: 'account-not-empty'; readonly accountId: string }
  | {
      readonly code: 'metadata-version-mismatch';
      readonly accountId: string;
      /** The version that it has. */
      readonly metadataVersion: number;
    }
  | { readonly code: 'too-much-metadata'; readonly accountId: string; readonly pairs: number }
  | {
      readonly code: 'insufficient-funds';
      readonly accountId: string;
      /** Available before the transfer, which changed nothing. */
      readonly availableMinor: bigint;
      readonly minBalanceMinor: bigint;
    }
  | {
      readonly code: 'balance-limit-exceeded';
      readonly accountId: string;
      readonly balanceMinor: bigint;
      readonly maxBalanceMinor: bigint;
    }
  | { readonly code: 'amount-overflow'; readonly accountId: string }
  | { readonly code: 'cross-shard-transfer'; readonly accountIds: readonly [string, string] }
  | { readonly code: 'hold-not-found'; readonly holdId: string }
  | {
      readonly code: 'hold-settled';
      readonly holdId: string;
      readonly status: 'captured' | 'voided' | 'expired';
    }
  | {
      readonly code: 'capture-exceeds-hold';
      readonly holdId: string;
      readonly remainingMinor: bigint;
    }
  | { readonly code: 'expiry-passed' }
  | { readonly code: 'as-of-before-opening'; readonly accountId: string; readonly openedAt: Date }
  | { readonly code: 'as-of-in-future' }
  | { readonly code: 'transfer-not-found'; readonly transferId: string }
  | {
      readonly code: 'already-reversed';
      readonly transferId: string;
      readonly reversalId: string;
    }
  /** An item of a batch lives on another shard than the first one. */
  | { readonly code: 'cross-shard-batch' }
  /** Nothing of the batch was done, because its item (counted from 0) was refused. */
  | {
      readonly code: 'batch-item-refused';
      readonly item: number;
      readonly refusal: ItemRefusal;
    }
  | WebhookRefusal
  | { readonly code: 'upload-not-found'; readonly uploadId: string }
  | { readonly code: 'reconciliation-not-found'; readonly reconciliationId: string }
  | {
      readonly code: 'statement-too-large';
      readonly what: 'bytes' | 'lines';
      readonly most: number;
    }
  | { readonly code: 'statement-unreadable'; readonly flaws: readonly StatementFlaw[] }
  | {
      readonly code: 'statement-currency-mismatch';
      readonly asset: string;
      readonly flaws: readonly StatementFlaw[];
    }
  | {
      readonly code: 'statement-too-precise';
      readonly asset: string;
      readonly scale: number;
      readonly flaws: readonly StatementFlaw[];
    }
  /** The account has more entries within the statement's period than are compared. */
  | {
      readonly code: 'statement-period-too-busy';
      readonly accountId: string;
      readonly most: number;
    }
  | { readonly code: 'idempotency-key-in-flight' }
  | { readonly code: 'idempotency-key-reused' };

/** What is wrong with a line of a file, counted from 1. */
export interface StatementFlaw {
  readonly line: number;
  readonly detail: string;
}

/** Why an item of a batch, or a request of its own, was refused. */
export type ItemRefusal = Exclude<
  Refusal,
  | {
      readonly code:
        | 'batch-item-refused'
        | 'upload-not-found'
        | `as-of-${string}`
        | `idempotency-${string}`
        | `reconciliation-${string}`
        | `statement-${string}`;
    }
  | WebhookRefusal
>;

export type RefusalCode = Refusal['code'];

export type Outcome<T> =
  | { readonly kind: 'accepted'; readonly value: T; readonly replayed: boolean }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly replayed: boolean };

export const accepted = <T>(value: T, replayed = false): Outcome<T> => ({
  kind: 'accepted',
  value,
  replayed,
});

export const refused = (refusal: Refusal, replayed = false): Outcome<never> => ({
  kind: 'refused',
  refusal,
  replayed,
});
