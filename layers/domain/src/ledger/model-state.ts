import type { PartitionMap } from '../partitions.ts';
import type { EventMessage } from './events.ts';
import type {
  AccountChange,
  CaptureHold,
  OpenAccount,
  PatchMetadata,
  PlaceHold,
  PostTransfer,
  ReverseTransfer,
} from './ledger.ts';
import type { ItemRefusal } from './refusals.ts';
import type { Account, Asset, Entry, Hold, Transfer } from './types.ts';

/** One tenant's ledger, whole. Never changed in place. */
export interface LedgerState {
  readonly assets: ReadonlyMap<string, Asset>;
  readonly accounts: ReadonlyMap<string, Account>;
  /** When the last change to each account was recorded; it never goes back. */
  readonly changedAt: ReadonlyMap<string, Date>;
  readonly entries: ReadonlyMap<string, readonly Entry[]>;
  readonly transfers: ReadonlyMap<string, Transfer>;
  readonly holds: ReadonlyMap<string, Hold>;
}

export const emptyLedger: LedgerState = {
  assets: new Map(),
  accounts: new Map(),
  changedAt: new Map(),
  entries: new Map(),
  transfers: new Map(),
  holds: new Map(),
};

/** What can be asked of a ledger. Ids are given, because the model makes up nothing. */
export type LedgerCommand =
  | { readonly type: 'createAsset'; readonly asset: Asset }
  | { readonly type: 'openAccount'; readonly accountId: string; readonly command: OpenAccount }
  | { readonly type: 'changeAccount'; readonly accountId: string; readonly change: AccountChange }
  | { readonly type: 'patchMetadata'; readonly accountId: string; readonly command: PatchMetadata }
  | { readonly type: 'postTransfer'; readonly transferId: string; readonly command: PostTransfer }
  | {
      readonly type: 'reverseTransfer';
      readonly transferId: string;
      readonly reverses: string;
      readonly command: ReverseTransfer;
    }
  | { readonly type: 'placeHold'; readonly holdId: string; readonly command: PlaceHold }
  | {
      readonly type: 'captureHold';
      readonly holdId: string;
      readonly transferId: string;
      readonly command: CaptureHold;
    }
  | { readonly type: 'voidHold'; readonly holdId: string }
  /** What the job does to a hold that is due; nothing to any other. */
  | { readonly type: 'expireHold'; readonly holdId: string };

export interface Surroundings {
  readonly tenant: string;
  readonly now: Date;
  readonly partitionMap: PartitionMap;
  readonly traceparent: string | null;
}

export type Applied =
  | { readonly state: LedgerState; readonly events: readonly EventMessage[] }
  | { readonly refusal: ItemRefusal };

/** The map with one more, or another, value. */
export const withValue = <V>(
  map: ReadonlyMap<string, V>,
  key: string,
  value: V,
): ReadonlyMap<string, V> => new Map(map).set(key, value);

/** A clock may go back; what is recorded of an account does not. */
export const recordedAfter = (
  state: LedgerState,
  accountIds: readonly string[],
  now: Date,
): Date => {
  const before = accountIds.map((id) => state.changedAt.get(id)?.getTime() ?? 0);
  return new Date(Math.max(now.getTime(), ...before));
};
