import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../chaos/framework/seeded-random.ts';
import { lengthMs, poissonArrivals, type Stretch } from '../../../load/suite/arrivals.ts';

const timesOf = (stretches: readonly Stretch[], seed: number): number[] => [
  ...poissonArrivals(stretches, seededRandom(seed)),
];

/** Variance over mean of the numbers of requests in equal windows: 1 for independent callers. */
const dispersion = (times: readonly number[], durationMs: number, windowMs: number): number => {
  const counts = Array.from({ length: durationMs / windowMs }, () => 0);
  for (const time of times) {
    const window = Math.floor(time / windowMs);
    counts[window] = (counts[window] ?? 0) + 1;
  }
  const mean = times.length / counts.length;
  return counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length / mean;
};

const minute = [{ perSecond: 200, durationMs: 60_000 }];

describe('the times at which requests are due', () => {
  it('are those of independent callers, in order, at the rate that is asked for', () => {
    for (const seed of [1, 2, 3]) {
      const times = timesOf(minute, seed);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(times.length / 60).toBeGreaterThan(190);
      expect(times.length / 60).toBeLessThan(210);
      expect(dispersion(times, 60_000, 100)).toBeGreaterThan(0.8);
      expect(dispersion(times, 60_000, 100)).toBeLessThan(1.2);
    }
  });

  it('would be found to be regular', () => {
    const regular = Array.from({ length: 12_000 }, (_, i) => i * 5);
    expect(dispersion(regular, 60_000, 100)).toBeLessThan(0.1);
  });

  it('are the same for the same seed, and others for another', () => {
    expect(timesOf(minute, 7)).toEqual(timesOf(minute, 7));
    expect(timesOf(minute, 7)).not.toEqual(timesOf(minute, 8));
  });

  it('change their rate from stretch to stretch, and end with the last', () => {
    const stretches = [
      { perSecond: 20, durationMs: 10_000 },
      { perSecond: 200, durationMs: 10_000 },
      { perSecond: 20, durationMs: 10_000 },
    ];
    const times = timesOf(stretches, 1);
    const within = (from: number, to: number) =>
      times.filter((time) => time >= from && time < to).length;
    expect(within(10_000, 20_000)).toBeGreaterThan(5 * within(0, 10_000));
    expect(within(10_000, 20_000)).toBeGreaterThan(5 * within(20_000, 30_000));
    expect(times.at(-1)).toBeLessThan(lengthMs(stretches));
    expect(within(20_000, 30_000)).toBeGreaterThan(100);
  });

  it('cannot be told for a rate of nothing', () => {
    expect(() => timesOf([{ perSecond: 0, durationMs: 1_000 }], 1)).toThrow(RangeError);
    expect(() => timesOf([{ perSecond: Number.NaN, durationMs: 1_000 }], 1)).toThrow(RangeError);
  });
});
