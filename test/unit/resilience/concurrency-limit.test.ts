import { describe, expect, it } from 'vitest';
import { ConcurrencyLimit } from '../../../layers/runtime/src/resilience/concurrency-limit.ts';

const settings = { least: 1, most: 64, start: 4, tolerance: 2 };

/**
 * Rounds in which everything there is room for is begun, and ends: in `serviceMs` as long as the other side
 * has a place for it, longer when it queues.
 */
const run = (limit: ConcurrencyLimit, capacity: number, rounds: number, serviceMs = 10) => {
  for (let round = 0; round < rounds; round += 1) {
    const ends = Array.from({ length: limit.room }, () => limit.begin());
    const durationMs = serviceMs * Math.max(1, ends.length / capacity);
    for (const end of ends) end({ durationMs, failed: false });
  }
};

describe('a limit of concurrency', () => {
  it.each([2, 8, 24])('settles near what the other side can do at once: %i', (capacity) => {
    const limit = new ConcurrencyLimit(settings);
    run(limit, capacity, 400);
    // Beyond twice the capacity calls take twice as long, which is where it turns back, a round later.
    expect(limit.limit).toBeGreaterThanOrEqual(capacity);
    expect(limit.limit).toBeLessThanOrEqual(capacity * 2 + 2);
  });

  it('grows by one a round, and not while it is not in use', () => {
    const limit = new ConcurrencyLimit(settings);
    run(limit, 1_000, 10);
    expect(limit.limit).toBeGreaterThanOrEqual(12);
    expect(limit.limit).toBeLessThanOrEqual(15);
    const before = limit.limit;
    for (let i = 0; i < 100; i += 1) limit.begin()({ durationMs: 10, failed: false });
    expect(limit.limit).toBe(before);
  });

  it('stays between its bounds', () => {
    const limit = new ConcurrencyLimit({ ...settings, most: 6 });
    run(limit, 1_000, 100);
    expect(limit.limit).toBe(6);
    for (let i = 0; i < 200; i += 1) limit.begin()({ durationMs: 10, failed: true });
    expect(limit.limit).toBe(1);
    expect(limit.room).toBe(1);
  });

  it('goes down once for a round of failures, not once for each', () => {
    const limit = new ConcurrencyLimit({ ...settings, start: 20 });
    for (const end of Array.from({ length: 20 }, () => limit.begin())) {
      end({ durationMs: 10, failed: true });
    }
    expect(limit.limit).toBe(18);
  });

  it('has room for what is not under way', () => {
    const limit = new ConcurrencyLimit(settings);
    const ends = [limit.begin(), limit.begin(), limit.begin()];
    expect(limit.room).toBe(1);
    ends[0]?.({ durationMs: 10, failed: false });
    expect(limit.room).toBe(2);
  });

  it('learns that the other side has become slower for good', () => {
    const limit = new ConcurrencyLimit(settings);
    run(limit, 8, 200, 10);
    run(limit, 8, 1_500, 40);
    expect(limit.limit).toBeGreaterThanOrEqual(8);
  });
});
