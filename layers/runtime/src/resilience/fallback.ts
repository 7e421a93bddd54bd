import { type Deadline, deadlineIn, Fault, remainingMs } from '@atlas/domain';
import { RetryBudget, type RetryBudgetSettings } from './retry-budget.ts';

export interface FallbackSettings {
  /** How many calls may go the second way. */
  readonly budget: RetryBudgetSettings;
  /** Which part of the time that is left the first way has, where the second would be gone after it: 0 to 1. */
  readonly firstShare: number;
  readonly now: () => number;
  readonly onFallback: (error: unknown) => void;
}

/** The first way has failed, or took its part of the time; of the second nothing is known by that. */
const isWorthFallingBack = (error: unknown): boolean =>
  error instanceof Fault &&
  (error.code === 'dependency-unavailable' ||
    error.code === 'overloaded' ||
    error.code === 'deadline-exceeded');

/**
 * A second way to answer where the first cannot, for a share of the calls at most. A way that is only used in
 * trouble is one that nobody has sized: without the bound the trouble of one dependency becomes that of the
 * next (Amazon Builders' Library, Avoiding fallback in distributed systems). So it has to be a way that is
 * used every day as well, and gives no worse answer.
 *
 * A first way that hangs must leave time for the second, so it is given a part of the deadline; all of it
 * while nothing is left of the budget, since then there is no second.
 */
export class Fallback {
  private readonly settings: FallbackSettings;
  private readonly budget: RetryBudget;

  constructor(settings: FallbackSettings) {
    this.settings = settings;
    this.budget = new RetryBudget(settings.budget);
  }

  /** @throws what the first way throws, where the second is not gone; otherwise what that one throws */
  async run<First, Second>(
    deadline: Deadline,
    first: (deadline: Deadline) => Promise<First>,
    second: (deadline: Deadline) => Promise<Second>,
  ): Promise<First | Second> {
    this.budget.deposit();
    try {
      return await first(this.budget.isEmpty ? deadline : this.partOf(deadline));
    } catch (error) {
      if (!isWorthFallingBack(error) || !this.budget.withdraw()) throw error;
      this.settings.onFallback(error);
      return second(deadline);
    }
  }

  private partOf(deadline: Deadline): Deadline {
    const nowMs = this.settings.now();
    return deadlineIn(nowMs, remainingMs(deadline, nowMs) * this.settings.firstShare);
  }
}
