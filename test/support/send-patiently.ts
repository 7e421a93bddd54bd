import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiAnswer } from './in-process-api.ts';

const turnedAway = new Set([429, 503, 504]);

export interface PatientAnswer extends ApiAnswer {
  /** Whether one of the answers before left open what had become of the request. */
  readonly wasUnknown: boolean;
}

/**
 * Sends again, as a caller does, what was turned away, is under way, or had not been answered in time; waits as
 * long as Retry-After asks. What is sent must carry the same key each time. Gives up after `withinMs`, and then
 * answers with the last answer.
 */
export const sendPatiently = async (
  send: () => Promise<ApiAnswer>,
  withinMs = 60_000,
): Promise<PatientAnswer> => {
  const endMs = performance.now() + withinMs;
  for (let wasUnknown = false; ; ) {
    const answer = await send();
    const { status, body, headers } = answer;
    const again = turnedAway.has(status) || body.retryable === true;
    if (!again || performance.now() > endMs) return { ...answer, wasUnknown };
    wasUnknown ||= status === 504;
    await sleep(1_000 * Number(headers['retry-after'] ?? 1));
  }
};
