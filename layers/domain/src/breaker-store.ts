/** That a dependency is left alone, as the whole fleet knows it. Times are milliseconds of the Unix clock. */
export interface OpenBreaker {
  readonly openUntilMs: number;
  /** For how long it was opened this time; the next time, if nothing is better, is twice as long. */
  readonly windowMs: number;
}

/** What execution environments tell one another about their dependencies. */
export interface BreakerStore {
  /** Undefined: closed, as far as anybody said. */
  read(name: string): Promise<OpenBreaker | undefined>;
  /** Tells of an opening, which ends a probe; of two that are told the one that lasts longer stays. */
  open(name: string, breaker: OpenBreaker): Promise<void>;
  /**
   * Whether this one may try whether the dependency is back, and nobody else until then: where the breaker is
   * open, its window is over, and nobody is trying already.
   */
  claimProbe(name: string, nowMs: number, untilMs: number): Promise<boolean>;
  close(name: string): Promise<void>;
}
