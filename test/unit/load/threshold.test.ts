import { describe, expect, it } from 'vitest';
import { judged, verdictLine } from '../../load/threshold.ts';

const at = (direction: 'at least' | 'at most', value: number) =>
  judged({ name: 'it', value, direction, limit: 1.1, unit: '' }).met;

describe('a threshold', () => {
  it('is met up to its limit', () => {
    expect([1.09, 1.1, 1.11].map((value) => at('at most', value))).toEqual([true, true, false]);
    expect([1.09, 1.1, 1.11].map((value) => at('at least', value))).toEqual([false, true, true]);
  });

  it('is not met by what was not measured, or never came', () => {
    expect(at('at most', Number.NaN)).toBe(false);
    expect(at('at least', Number.NaN)).toBe(false);
    expect(at('at most', Number.POSITIVE_INFINITY)).toBe(false);
  });

  it('says so in a line', () => {
    const one = judged({ name: 'wait', value: 12, direction: 'at most', limit: 10, unit: ' s' });
    expect(verdictLine(one)).toBe('NOT MET 12.00 s (at most 10 s): wait');
  });
});
