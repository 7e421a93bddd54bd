import { told } from './told-error.ts';

/**
 * A fault: something that stopped working (a time-out, a lost connection, an open breaker).
 * Thrown, never returned, never stored under an idempotency key. Refusals are values instead (see
 * ledger/refusals.ts), and defects are plain assertions.
 */
export type FaultCode =
  | 'dependency-unavailable'
  | 'deadline-exceeded'
  /** The deadline passed, or the connection broke, after the commit was sent: it may have happened. */
  | 'unknown-outcome'
  /** The writer's partition epoch is out of date; the route is refreshed and the call repeated. */
  | 'stale-route'
  | 'overloaded';

export class Fault extends Error {
  override readonly name = 'Fault';
  readonly [told] = 'message';
  readonly code: FaultCode;
  readonly retryable: boolean;

  constructor(
    code: FaultCode,
    message: string,
    options: { cause?: unknown; retryable?: boolean } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? true;
  }
}

/** A point in time by which an answer is due, in milliseconds of the Unix clock. */
export interface Deadline {
  readonly atUnixMs: number;
}

export const deadlineIn = (nowUnixMs: number, budgetMs: number): Deadline => ({
  atUnixMs: nowUnixMs + budgetMs,
});

export const remainingMs = (deadline: Deadline, nowUnixMs: number): number =>
  Math.max(0, deadline.atUnixMs - nowUnixMs);
