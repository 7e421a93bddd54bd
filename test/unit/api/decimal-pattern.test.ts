import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalPattern } from '../../../functions/schemas/decimal-pattern.ts';

const isMatched = (max: bigint, text: string): boolean =>
  new RegExp(`^${decimalPattern(max)}$`).test(text);

describe('the pattern of decimal integers', () => {
  it('takes those from 1 to the greatest, and no others', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 2n ** 63n), fc.bigInt(0n, 2n ** 64n), (max, value) => {
        expect(isMatched(max, value.toString())).toBe(value >= 1n && value <= max);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is exact at the edge', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 2n ** 63n), fc.bigInt(-3n, 3n), (max, distance) => {
        const value = max + distance;
        expect(isMatched(max, value.toString())).toBe(value >= 1n && value <= max);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(['', '0', '01', '-1', '1.0', ' 1', '1e3'])('does not take "%s"', (text) => {
    expect(isMatched(1_000n, text)).toBe(false);
  });
});
