import type { Deadline } from './failures.ts';

/** What is known of a call to something outside before it is made. */
export interface OutboundCall {
  /** By when the caller needs it; no attempt is waited for longer. */
  readonly deadline: Deadline;
  /** `once`: nobody may repeat it, because a second time would be a second effect. */
  readonly effect: 'repeatable' | 'once';
  /** Whose it is, where a dependency is shared fairly between tenants. */
  readonly tenant?: string;
}

/**
 * What stands before a dependency: it may refuse a call, make it again, or give up waiting for it. Adapters
 * make every call through one, and know nothing of how it decides.
 */
export interface CallGuard {
  /**
   * Makes the call. The signal fires when the attempt is no longer waited for.
   *
   * @throws Fault `deadline-exceeded` when the time is over, `dependency-unavailable` while the dependency
   * is left alone, `overloaded` when too many calls wait for it; and whatever the call throws
   */
  run<T>(call: (signal: AbortSignal) => Promise<T>, options: OutboundCall): Promise<T>;
  /** For adapters that know by themselves when a call may be made again: whether that can be afforded. */
  mayRetry(): boolean;
}
