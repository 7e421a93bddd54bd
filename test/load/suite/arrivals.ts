import type { Random } from '../../chaos/framework/seeded-random.ts';

/** A stretch of load: so many requests a second, for so long. */
export interface Stretch {
  readonly perSecond: number;
  readonly durationMs: number;
}

/**
 * When requests are due, in milliseconds from the start: a Poisson process, as independent callers make,
 * whose rate changes from stretch to stretch. The same seed gives the same times.
 */
export function* poissonArrivals(stretches: readonly Stretch[], random: Random): Generator<number> {
  let startMs = 0;
  for (const { perSecond, durationMs } of stretches) {
    if (!(perSecond > 0)) throw new RangeError('a stretch needs a rate above 0');
    const endMs = startMs + durationMs;
    const gapMs = (): number => (-Math.log(1 - random.next()) / perSecond) * 1_000;
    for (let dueMs = startMs + gapMs(); dueMs < endMs; dueMs += gapMs()) yield dueMs;
    startMs = endMs;
  }
}

export const lengthMs = (stretches: readonly Stretch[]): number =>
  stretches.reduce((sum, { durationMs }) => sum + durationMs, 0);
