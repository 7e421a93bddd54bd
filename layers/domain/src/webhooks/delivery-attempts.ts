import type { DeliveryError } from './types.ts';

/** What an endpoint did with a delivery. */
export type Attempt =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** Of `Retry-After`. */
      readonly retryAfterMs: number | null;
    }
  | { readonly kind: 'failed'; readonly error: DeliveryError };

/** What becomes of a delivery. `wait`: it was not tried, because the endpoint is disabled. */
export type AttemptResult =
  | { readonly kind: 'delivered'; readonly status: number }
  | {
      readonly kind: 'dead' | 'retry';
      readonly status: number | null;
      readonly error: DeliveryError | null;
      /** Until it may be tried again; 0 when it is dead. */
      readonly delayMs: number;
    }
  | { readonly kind: 'wait'; readonly delayMs: number };

const [secondMs, minuteMs, hourMs] = [1_000, 60_000, 3_600_000];

/** After the first attempt, the second …; after the last of these it is dead: ten attempts, a day and a half. */
export const retryDelaysMs = [
  5 * secondMs,
  30 * secondMs,
  2 * minuteMs,
  10 * minuteMs,
  30 * minuteMs,
  2 * hourMs,
  5 * hourMs,
  10 * hourMs,
  18 * hourMs,
] as const;

export const maxAttempts = retryDelaysMs.length + 1;
/** An endpoint may ask for more time than the schedule gives it, up to this. */
export const maxRetryAfterMs = 24 * hourMs;
/** Of each delay, so that what failed together does not come back together. */
const jitterShare = 0.2;

/** 410 Gone: the endpoint wants nothing any more (Standard Webhooks, "Delivery"). */
export const isGone = (attempt: Attempt): boolean =>
  attempt.kind === 'answered' && attempt.status === 410;

/**
 * What follows from an attempt: 2xx delivers; anything else, a redirect included, is tried again by
 * the schedule, but not before `Retry-After`.
 *
 * @param attemptsBefore how often it was tried before
 * @param random 0 to 1, exclusive
 */
export const resultOfAttempt = (
  attempt: Attempt,
  attemptsBefore: number,
  random: number,
): AttemptResult => {
  const status = attempt.kind === 'answered' ? attempt.status : null;
  if (status !== null && status >= 200 && status < 300) return { kind: 'delivered', status };
  const error = attempt.kind === 'failed' ? attempt.error : null;
  const scheduledMs = retryDelaysMs[attemptsBefore];
  if (scheduledMs === undefined || isGone(attempt)) {
    return { kind: 'dead', status, error, delayMs: 0 };
  }
  const jitteredMs = scheduledMs * (1 - jitterShare + 2 * jitterShare * random);
  const askedMs = attempt.kind === 'answered' ? (attempt.retryAfterMs ?? 0) : 0;
  const delayMs = Math.round(Math.max(jitteredMs, Math.min(askedMs, maxRetryAfterMs)));
  return { kind: 'retry', status, error, delayMs };
};

/** The time that `Retry-After` asks for (RFC 9110, 10.2.3), or null where it says nothing. */
export const retryAfterMsOf = (header: string | undefined, nowUnixMs: number): number | null => {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header) * secondMs;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - nowUnixMs);
};
