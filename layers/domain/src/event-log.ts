import type { EventMessage } from './ledger/events.ts';

/** The append-only log that carries events to whoever derives data from them. */
export interface EventLog {
  /**
   * Appends the messages, in this order per key, and resolves once each is replicated. Throws
   * `Fault` when that is not certain: they may be there, and may be sent again.
   */
  publish(messages: readonly EventMessage[]): Promise<void>;
  /** Whether the log answers within the time-out. Never throws. */
  check(timeoutMs: number): Promise<boolean>;
  close(): Promise<void>;
}
