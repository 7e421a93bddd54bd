import type { Deadline } from '../failures.ts';
import type { AccountFilter, EntryFilter, HoldFilter, TransferFilter } from './filters.ts';
import type { Outcome } from './refusals.ts';
import type {
  Account,
  Asset,
  Balance,
  BatchResult,
  EffectiveBalance,
  Entry,
  Hold,
  HoldChange,
  Metadata,
  PastBalance,
  Posting,
  Transfer,
  TrialBalanceLine,
  TrialBalanceTotal,
} from './types.ts';

/** Who asks, under which idempotency key. Hashes are SHA-256 cut to 128 bits, 32 hex digits. */
export interface RequestIdentity {
  readonly tenant: string;
  /** Hash of the tenant and the caller's Idempotency-Key: no two tenants share one. */
  readonly keyHash: string;
  /** Hash of method, path and raw body, so that a key cannot be reused for something else. */
  readonly requestHash: string;
}

export interface CallContext {
  readonly deadline: Deadline;
  /** W3C trace context, carried through the outbox to the events. */
  readonly traceparent?: string | undefined;
}

export interface OpenAccount {
  readonly asset: string;
  readonly name: string | null;
  readonly minBalance: bigint | null;
  readonly maxBalance: bigint | null;
  readonly metadata: Metadata;
  /** Hashes the account to a partition of its own; null keeps it on the tenant's home partition. */
  readonly partitionKey: string | null;
}

export interface PostTransfer {
  /** 1 to 100, atomic. Limits are checked after the last. */
  readonly postings: readonly Posting[];
  readonly reference: string | null;
  readonly metadata: Metadata;
  /** Business time; null means the time of recording. */
  readonly effectiveAt: Date | null;
}

export interface PlaceHold extends Posting {
  /** From then on it cannot be captured; null means that it does not expire. */
  readonly expiresAt: Date | null;
  readonly reference: string | null;
  readonly metadata: Metadata;
}

export interface CaptureHold {
  /** Null captures all that remains. */
  readonly amountMinor: bigint | null;
  /** Whether what remains after it is released. Otherwise it stays reserved for further captures. */
  readonly final: boolean;
}

export interface ReverseTransfer {
  readonly reference: string | null;
  readonly metadata: Metadata;
  /** Business time; null means the time of recording. */
  readonly effectiveAt: Date | null;
}

/** A hold by its id, or as the one that an earlier item (counted from 0) of the batch places. */
export type HoldReference = { readonly holdId: string } | { readonly item: number };

export type BatchItem =
  | { readonly type: 'transfer'; readonly command: PostTransfer }
  | { readonly type: 'reversal'; readonly transferId: string; readonly command: ReverseTransfer }
  | { readonly type: 'hold'; readonly command: PlaceHold }
  | { readonly type: 'capture'; readonly hold: HoldReference; readonly command: CaptureHold }
  | { readonly type: 'void'; readonly hold: HoldReference };

export interface PostBatch {
  /** All or nothing; otherwise each item is done or refused by itself. */
  readonly atomic: boolean;
  /** 1 to 500, with at most 1,000 postings, in the order in which they happen. */
  readonly items: readonly BatchItem[];
}

export interface PatchMetadata {
  /** What becomes of each key that is named (RFC 7396): its new value, or null to remove it. */
  readonly changes: Readonly<Record<string, string | null>>;
  /** Versions of the metadata of which it must have one; null: whatever it is. */
  readonly expectedVersions: readonly number[] | null;
}

export type AccountChange = 'freeze' | 'unfreeze' | 'close';

export interface PageRequest {
  /** 1 to 200 (trial balance: to 1,000). */
  readonly limit: number;
  /** Where the last page ended: `next` of that page, opaque to callers of the port. */
  readonly after: string | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Null on the last page. */
  readonly next: string | null;
}

export interface TrialBalance {
  /** Over all accounts, one per asset, debits equal credits. */
  readonly totals: readonly TrialBalanceTotal[];
  readonly lines: Page<TrialBalanceLine>;
}

/**
 * The ledger as its callers see it. Two things implement it: the reference model in this layer and
 * `postgresLedger`; one contract suite holds both to the same behaviour.
 *
 * Writes are exactly once per (tenant, key): a repeat answers with what the first one did
 * (`replayed`). They throw `Fault` when they cannot tell, or did nothing; a fault stores nothing.
 * Reads are linearizable: they go to the leader of the owning shard.
 */
export interface Ledger {
  /** Idempotent by its natural key: the same code and scale again is accepted, `replayed`. */
  createAsset(tenant: string, asset: Asset, context: CallContext): Promise<Outcome<Asset>>;
  listAssets(tenant: string, page: PageRequest, context: CallContext): Promise<Page<Asset>>;

  openAccount(
    who: RequestIdentity,
    command: OpenAccount,
    context: CallContext,
  ): Promise<Outcome<Account>>;
  /** Closing demands zero posted and pending; a closed account stays closed. */
  changeAccount(
    who: RequestIdentity,
    accountId: string,
    change: AccountChange,
    context: CallContext,
  ): Promise<Outcome<Account>>;
  /** Whatever the status. A patch that changes nothing leaves the versions as they are. */
  patchMetadata(
    who: RequestIdentity,
    accountId: string,
    command: PatchMetadata,
    context: CallContext,
  ): Promise<Outcome<Account>>;
  postTransfer(
    who: RequestIdentity,
    command: PostTransfer,
    context: CallContext,
  ): Promise<Outcome<Transfer>>;

  /**
   * Posts a transfer that takes back each posting of another one, once. It is refused like any
   * transfer, for instance where the funds are gone.
   */
  reverseTransfer(
    who: RequestIdentity,
    transferId: string,
    command: ReverseTransfer,
    context: CallContext,
  ): Promise<Outcome<Transfer>>;
  /**
   * Does the items in order, each with what those before it left, in one transaction. All must be on
   * the shard of the first. Answers with a result an item, in their order.
   */
  postBatch(
    who: RequestIdentity,
    command: PostBatch,
    context: CallContext,
  ): Promise<Outcome<readonly BatchResult[]>>;
  /**
   * What `postBatch` would answer now, and nothing else: no row, no event, no key. The ids in it belong
   * to nobody.
   */
  previewBatch(
    tenant: string,
    command: PostBatch,
    context: CallContext,
  ): Promise<Outcome<readonly BatchResult[]>>;

  /** Reserves: limits are checked as for a transfer, and count what is pending. */
  placeHold(
    who: RequestIdentity,
    command: PlaceHold,
    context: CallContext,
  ): Promise<Outcome<HoldChange>>;
  /**
   * Posts what was reserved, or a part of it, as a transfer. Limits cannot refuse it, and a frozen
   * account does not: it was accepted when the hold was placed. Of several that race, and a void and
   * the expiry among them, one decides.
   */
  captureHold(
    who: RequestIdentity,
    holdId: string,
    command: CaptureHold,
    context: CallContext,
  ): Promise<Outcome<HoldChange>>;
  /** Releases all that remains. */
  voidHold(
    who: RequestIdentity,
    holdId: string,
    context: CallContext,
  ): Promise<Outcome<HoldChange>>;

  readAccount(
    tenant: string,
    accountId: string,
    context: CallContext,
  ): Promise<Account | undefined>;
  /** In id order. */
  listAccounts(
    tenant: string,
    filter: AccountFilter,
    page: PageRequest,
    context: CallContext,
  ): Promise<Page<Account>>;
  readTransfer(
    tenant: string,
    transferId: string,
    context: CallContext,
  ): Promise<Transfer | undefined>;
  /** In id order. */
  listTransfers(
    tenant: string,
    filter: TransferFilter,
    page: PageRequest,
    context: CallContext,
  ): Promise<Page<Transfer>>;
  readHold(tenant: string, holdId: string, context: CallContext): Promise<Hold | undefined>;
  /** In id order. */
  listHolds(
    tenant: string,
    filter: HoldFilter,
    page: PageRequest,
    context: CallContext,
  ): Promise<Page<Hold>>;
  /** In version order; undefined where the account does not exist. */
  listEntries(
    tenant: string,
    accountId: string,
    filter: EntryFilter,
    page: PageRequest,
    context: CallContext,
  ): Promise<Page<Entry> | undefined>;
  readBalance(
    tenant: string,
    accountId: string,
    context: CallContext,
  ): Promise<Balance | undefined>;
  /**
   * What was recorded by `asOf`, which counts to the end of its millisecond. Whatever it answers, it
   * answers for ever: a writer that is under way is waited for.
   */
  readBalanceAsOf(
    tenant: string,
    accountId: string,
    asOf: Date,
    context: CallContext,
  ): Promise<Outcome<PastBalance>>;
  /**
   * What was posted with a business time up to `effectiveAt`, by now. It may lie before the opening, and
   * in the future; a transfer that comes later can change the answer.
   */
  readEffectiveBalance(
    tenant: string,
    accountId: string,
    effectiveAt: Date,
    context: CallContext,
  ): Promise<EffectiveBalance | undefined>;
  trialBalance(tenant: string, page: PageRequest, context: CallContext): Promise<TrialBalance>;
}

export interface Expired {
  readonly expired: number;
  /** Holds that are due and could not be released now; the next run tries them again. */
  readonly failed: number;
}

/** Releases what holds still reserve after their time. Safe to run twice, or at the same time. */
export interface HoldExpiry {
  /** Up to `limit` holds of all tenants, those longest overdue first. */
  expireDue(limit: number, context: CallContext): Promise<Expired>;
}
