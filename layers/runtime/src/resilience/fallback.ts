import { Fault } from '@atlas/domain';
import { RetryBudget, type RetryBudgetSettings } from './retry-budget.ts';

/** The first way has failed; of the second nothing is known by that. */
const isWorthFallingBack = (error: unknown): boolean =>
  error instanceof Fault &&
  (error.code === 'dependency-unavailable' || error.code === 'overloaded');

/**
 * A second way to answer where the first cannot, for a share of the calls at most. A way that is only used in
 * trouble is one that nobody has sized: without the bound the trouble of one dependency becomes that of the
 * next (Amazon Builders' Library, Avoiding fallback in distributed systems). So it has to be a way that is
 * used every day as well, and gives no worse answer.
 */
export class Fallback {
  private readonly budget: RetryBudget;
  private readonly onFallback: (error: unknown) => void;

  constructor(budget: RetryBudgetSettings, onFallback: (error: unknown) => void) {
    this.budget = new RetryBudget(budget);
    this.onFallback = onFallback;
  }

  /** @throws what the first way throws, where the second is not gone; otherwise what that one throws */
  async run<First, Second>(
    first: () => Promise<First>,
    second: () => Promise<Second>,
  ): Promise<First | Second> {
    this.budget.deposit();
    try {
      return await first();
    } catch (error) {
      if (!isWorthFallingBack(error) || !this.budget.withdraw()) throw error;
      this.onFallback(error);
      return second();
    }
  }
}
