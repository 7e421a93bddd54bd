import type { GuardSettings } from './resilient-guard.ts';

/** What is demanded of a dependency, unless there is a reason for something else (docs/adr/0027). */
export const usualSettings = {
  breaker: {
    threshold: 0.5,
    size: 20,
    needed: 6,
    firstWindowMs: 1_000,
    longestWindowMs: 5_000,
  },
  retryBudget: { ratio: 0.08, most: 5 },
  attempts: 3,
  firstDelayMs: 30,
  longestDelayMs: 500,
} as const satisfies Partial<GuardSettings>;
