export interface RetryBudgetSettings {
  /** Retries for each call that was made, in the long run: 0.1 makes at most 1.1 calls of one. */
  readonly ratio: number;
  /** How many retries may be saved up, and how many there are at the start. */
  readonly most: number;
}

/**
 * A token bucket that calls fill and retries empty. When everything fails, what is retried is a fixed
 * share of what is asked, so retrying cannot multiply the load of a dependency that is down already
 * (Google, Site Reliability Engineering, chapter 21).
 */
export class RetryBudget {
  private readonly settings: RetryBudgetSettings;
  private tokens: number;

  constructor(settings: RetryBudgetSettings) {
    this.settings = settings;
    this.tokens = settings.most;
  }

  /** A call is made for the first time. */
  deposit(): void {
    this.tokens = Math.min(this.settings.most, this.tokens + this.settings.ratio);
  }

  /** Whether no call may be made again. */
  get isEmpty(): boolean {
    // Tenths do not add up to a whole in binary.
    return this.tokens < 1 - 1e-9;
  }

  /** Whether a call may be made again; if so, that is paid for. */
  withdraw(): boolean {
    if (this.isEmpty) return false;
    this.tokens -= 1;
    return true;
  }
}
