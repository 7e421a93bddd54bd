import type { CallContext, PostTransfer, RequestIdentity } from './ledger.ts';
import type { ItemRefusal, Outcome } from './refusals.ts';

/** A transfer that was accepted to be posted soon, and what has become of it. */
export interface Intake {
  /** Carries the partition of the first debited account, where it waits. */
  readonly intakeId: string;
  readonly status: 'accepted' | 'posted' | 'refused';
  readonly acceptedAt: Date;
  /** When it was posted or refused; null until then. */
  readonly settledAt: Date | null;
  /** What it was posted as. */
  readonly transferId: string | null;
  readonly refusal: ItemRefusal | null;
  /** How often posting it failed on a defect, which changed nothing. */
  readonly failedAttempts: number;
}

/** All that a message says: what is to be posted is in the ledger. */
export interface IntakeReference {
  readonly tenant: string;
  readonly intakeId: string;
}

export interface IntakeResult extends IntakeReference {
  /** Posted or refused now, settled before, or failed: then nothing happened, and it may come again. */
  readonly outcome: 'posted' | 'refused' | 'settled' | 'failed';
  readonly error?: unknown;
}

/** Transfers that are accepted at once and posted soon, many together. */
export interface Intakes {
  /**
   * Keeps the transfer, under its key. Once it is accepted it will be posted or refused, once, whatever
   * dies meanwhile. What needs no account to be refused is refused here.
   */
  accept(
    who: RequestIdentity,
    command: PostTransfer,
    context: CallContext,
  ): Promise<Outcome<Intake>>;
  read(tenant: string, intakeId: string, context: CallContext): Promise<Intake | undefined>;
  /**
   * Posts what still waits of these, each by itself and as if it came alone. May be called twice, or at
   * the same time, with the same: each is settled once. Never throws for one of them: it fails alone.
   */
  post(waiting: readonly IntakeReference[], context: CallContext): Promise<readonly IntakeResult[]>;
}

export interface IntakeDepth {
  readonly waiting: number;
  readonly oldestAgeMs: number;
  /** Of those that wait, how many could not be posted at least once. */
  readonly failing: number;
}

/** Finds what waits although it should have been posted: its message was lost, or failed too often. */
export interface IntakeSweep {
  /** Up to `limit` of all tenants, longest overdue first. */
  due(limit: number, context: CallContext): Promise<readonly IntakeReference[]>;
  /** They were sent again, and are not due for as long as they have waited by now (at most an hour). */
  resent(sent: readonly IntakeReference[], context: CallContext): Promise<void>;
  depth(context: CallContext): Promise<IntakeDepth>;
}
