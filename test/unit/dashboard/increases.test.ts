import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { increases, sumFrom } from '../../../localstack/dashboard/increases.ts';
import { quantileOf } from '../../../localstack/dashboard/quantile.ts';

const none = Number.NaN;
const always = (length: number) => Array.from({ length }, () => true);

describe('what a counter grew', () => {
  it('is unknown at first, and then the difference', () => {
    expect(increases([10, 12, 12, 20], always(4))).toEqual([none, 2, 0, 8]);
  });

  it('is its value, when it began again', () => {
    expect(increases([10, 3, 4], always(3))).toEqual([none, 3, 1]);
  });

  it('spans an answer that was missed', () => {
    expect(increases([10, none, 15], [true, false, true])).toEqual([none, none, 5]);
  });

  it('counts from zero when a source that answered did not name it before', () => {
    expect(increases([none, 2, 3], always(3))).toEqual([none, 2, 1]);
  });

  it('adds up to what happened, whatever was missed and however often it began again', () => {
    const step = fc.record({ by: fc.nat(100), restarts: fc.boolean(), answered: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        let value = 0;
        let happened = 0;
        let seen = 0;
        const values = [0];
        const answered = [true];
        for (const { by, restarts, answered: heard } of steps) {
          // What a process counted since it was last heard goes with it, and nobody can know.
          if (restarts && answered.at(-1) === true) value = 0;
          value += by;
          happened += by;
          if (heard) seen = happened;
          values.push(heard ? value : Number.NaN);
          answered.push(heard);
        }
        const grown = sumFrom(increases(values, answered), 0);
        // A counter that passed its old value again while nobody listened looks as if it had not begun anew.
        expect(grown).toBeLessThanOrEqual(seen);
        expect(grown).toBeGreaterThanOrEqual(steps.some(({ restarts }) => restarts) ? 0 : seen);
      }),
    );
  });
});

describe('a quantile', () => {
  const buckets = [
    { le: 100, count: 50 },
    { le: 200, count: 90 },
    { le: Number.POSITIVE_INFINITY, count: 100 },
  ];

  it('lies straight between the bounds of its bucket', () => {
    expect(quantileOf(buckets, 0.25)).toBe(50);
    expect(quantileOf(buckets, 0.7)).toBe(150);
  });

  it('is the last bound, where it is beyond', () => {
    expect(quantileOf(buckets, 0.99)).toBe(200);
  });

  it('is not there without observations', () => {
    expect(quantileOf([], 0.5)).toBeUndefined();
    expect(quantileOf([{ le: 1, count: 0 }], 0.5)).toBeUndefined();
  });

  it('never falls when more is asked for', () => {
    const counts = fc.array(fc.nat(50), { minLength: 1, maxLength: 8 });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(counts, share, share, (each, a, b) => {
        const cumulative = each.map((_one, i) => ({
          le: (i + 1) * 10,
          count: each.slice(0, i + 1).reduce((sum, one) => sum + one, 0),
        }));
        const low = quantileOf(cumulative, Math.min(a, b)) ?? 0;
        const high = quantileOf(cumulative, Math.max(a, b)) ?? 0;
        expect(low).toBeLessThanOrEqual(high);
      }),
    );
  });
});
