import { describe, expect, it } from 'vitest';
import {
  durations,
  interleaved,
  median,
  percentileMs,
  ratio,
  record,
} from '../../load/statistics.ts';

describe('statistics', () => {
  it('takes the middle of an odd number, and the mean of the middle two of an even one', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([10, 2, 1, 4])).toBe(3);
    expect(() => median([])).toThrow(RangeError);
  });

  it('reads percentiles to three digits', () => {
    const histogram = durations();
    for (let ms = 1; ms <= 1_000; ms += 1) record(histogram, ms);

    expect(Math.abs(percentileMs(histogram, 50) - 500)).toBeLessThanOrEqual(1);
    expect(Math.abs(percentileMs(histogram, 99) - 990)).toBeLessThanOrEqual(1);
  });

  it('keeps what takes longer than a minute in the count', () => {
    const histogram = durations();
    record(histogram, 120_000);

    expect(histogram.totalCount).toBe(1);
    expect(percentileMs(histogram, 50)).toBeGreaterThan(59_900);
  });

  it('runs every candidate once a round, and turns the order each time', () => {
    expect(interleaved(['a', 'b'], 3)).toEqual(['a', 'b', 'b', 'a', 'a', 'b']);
  });

  it('is not misled by a round in which the machine was slow', () => {
    // The quotient of the two medians would be 20 / 40.
    expect(ratio([90, 10, 20], [100, 40, 30])).toBeCloseTo(20 / 30);
    expect(() => ratio([1], [1, 2])).toThrow(RangeError);
  });
});
