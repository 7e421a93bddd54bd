import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RetryBudget } from '../../../layers/runtime/src/resilience/retry-budget.ts';

describe('a budget of retries', () => {
  it('never lets more than its share of the calls be made again, beyond what was saved up', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 400 }), (wishes) => {
        const budget = new RetryBudget({ ratio: 0.1, most: 5 });
        let retries = 0;
        for (const [made, wished] of wishes.entries()) {
          budget.deposit();
          for (let i = 0; i < wished; i += 1) if (budget.withdraw()) retries += 1;
          expect(retries).toBeLessThanOrEqual(5 + (made + 1) * 0.1 + 1e-6);
        }
      }),
    );
  });

  it('has a retry for every tenth call once what was saved up is spent', () => {
    const budget = new RetryBudget({ ratio: 0.1, most: 2 });
    let retries = 0;
    for (let call = 0; call < 1_000; call += 1) {
      budget.deposit();
      if (budget.withdraw()) retries += 1;
    }
    expect(retries).toBeGreaterThanOrEqual(100);
    expect(retries).toBeLessThanOrEqual(102);
  });

  it('saves up no more than it may', () => {
    const budget = new RetryBudget({ ratio: 0.1, most: 3 });
    for (let call = 0; call < 1_000; call += 1) budget.deposit();
    expect([1, 2, 3, 4].map(() => budget.withdraw())).toEqual([true, true, true, false]);
  });
});
