import type { CallContext, Page, PageRequest, RequestIdentity } from '../ledger/ledger.ts';
import type { Outcome, Refusal } from '../ledger/refusals.ts';
import type { Asset } from '../ledger/types.ts';

import type {
  NewReconciliation,
  Period,
  Reconciliation,
  ReconciliationItem,
  ReconciliationOutcome,
  StatedEntry,
} from './types.ts';

/** What a request to reconcile meets at first. */
export type Begun =
  | { readonly kind: 'answered'; readonly outcome: Outcome<Reconciliation> }
  /** The key is new; undefined where there is no such account. */
  | { readonly kind: 'new'; readonly asset: Asset | undefined };

export interface ReconciliationFilter {
  readonly accountId?: string | undefined;
}

/** Statements that were compared with accounts. All of it belongs to a tenant; each call throws `Fault`. */
export interface Reconciliations {
  /** What the key was answered before, so that a repeat does not need the statement any more. */
  begin(who: RequestIdentity, accountId: string, context: CallContext): Promise<Begun>;
  /**
   * The posted entries of an account whose effective time lies within these days, of one state of the
   * account, and its version. Undefined where there are more than `maxReconciledEntries`.
   */
  entriesWithin(
    tenant: string,
    accountId: string,
    days: Period,
    context: CallContext,
  ): Promise<
    { readonly accountVersion: bigint; readonly entries: readonly StatedEntry[] } | undefined
  >;
  /** Stores the result, or the refusal, and its answer under the key, in one transaction. */
  record(
    who: RequestIdentity,
    accountId: string,
    result: NewReconciliation | Refusal,
    context: CallContext,
  ): Promise<Outcome<Reconciliation>>;
  read(
    tenant: string,
    reconciliationId: string,
    context: CallContext,
  ): Promise<Reconciliation | undefined>;
  /** In id order, nearly that of time. */
  list(
    tenant: string,
    filter: ReconciliationFilter,
    page: PageRequest,
    context: CallContext,
  ): Promise<Page<Reconciliation>>;
  /** Lines in their order, then what is extra; undefined where there is no such reconciliation. */
  listItems(
    tenant: string,
    reconciliationId: string,
    outcome: ReconciliationOutcome | undefined,
    page: PageRequest,
    context: CallContext,
  ): Promise<Page<ReconciliationItem> | undefined>;
}
