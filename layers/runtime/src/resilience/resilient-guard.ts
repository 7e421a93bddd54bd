import { type CallGuard, Fault, type OutboundCall, remainingMs } from '@atlas/domain';
import { decorrelatedJitterGenerator, ExponentialBackoff, type IBackoff } from 'cockatiel';
import { AdaptiveTimeout, type AdaptiveTimeoutSettings } from './adaptive-timeout.ts';
import { type BulkheadSettings, Bulkheads } from './bulkheads.ts';
import { hedged } from './hedge.ts';
import { isObserved, observedCall } from './observed-call.ts';
import { RetryBudget, type RetryBudgetSettings } from './retry-budget.ts';
import { RunningTimer } from './running-timer.ts';
import {
  type Admission,
  SharedBreaker,
  type SharedBreakerOptions,
  type SharedBreakerSettings,
} from './shared-breaker.ts';

export interface GuardSettings {
  readonly name: string;
  readonly breaker: Omit<SharedBreakerSettings, 'name'>;
  /**
   * What one attempt may take within the deadline; `adapter`: the adapter watches the deadline itself, and no
   * timer is set here.
   */
  readonly timeout: AdaptiveTimeoutSettings | 'adapter';
  /** How often a repeatable call is made at most; what lies between is drawn anew each time. */
  readonly attempts: number;
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  readonly retryBudget: RetryBudgetSettings;
  readonly bulkhead?: BulkheadSettings;
  /** Makes a second call when the first takes longer than this quantile of the calls before it. */
  readonly hedgeAt?: number;
}

/** How an attempt ended: it was answered, it was not, or there was no place for it. */
export type CallOutcome = 'answered' | 'failed' | 'overloaded';

/** Is told of each attempt that was let through. On every request's way: it must cost next to nothing. */
export interface CallObserver {
  /** After so long, with the wait for a place. */
  ended(outcome: CallOutcome, durationMs: number): void;
  /** It got its place after so long. */
  waited(durationMs: number): void;
}

export interface GuardSurroundings
  extends Pick<SharedBreakerOptions, 'store' | 'clocks' | 'random' | 'onChange'> {
  readonly observer?: CallObserver;
}

/** Ended because nobody waited any longer. */
class TimedOut extends Error {}

const neverAborted = new AbortController().signal;

/** A dependency that could not answer, as opposed to one that answered something unwelcome. */
const isFailureOfDependency = (error: unknown): boolean =>
  error instanceof Fault && error.code !== 'stale-route';

const outcomeOf = (error: unknown): CallOutcome => {
  if (error instanceof Fault && error.code === 'overloaded') return 'overloaded';
  return isFailureOfDependency(error) ? 'failed' : 'answered';
};

/**
 * A guard made of all there is: deadline, breaker, places, time-out, second calls, and repetition with
 * decorrelated jitter under a budget. In that order, from the outside: a call that is refused costs nothing,
 * and each attempt is admitted anew.
 */
export class ResilientGuard implements CallGuard {
  readonly name: string;
  private readonly settings: GuardSettings;
  private readonly surroundings: GuardSurroundings;
  private readonly breaker: SharedBreaker;
  private readonly budget: RetryBudget;
  private readonly timeout: AdaptiveTimeout | undefined;
  private readonly bulkheads: Bulkheads | undefined;
  private readonly delays: ExponentialBackoff<unknown>;

  constructor(settings: GuardSettings, surroundings: GuardSurroundings) {
    const { name, timeout, bulkhead } = settings;
    this.name = name;
    this.settings = settings;
    this.surroundings = surroundings;
    this.breaker = new SharedBreaker({ name, ...settings.breaker, ...surroundings });
    this.budget = new RetryBudget(settings.retryBudget);
    this.timeout =
      timeout === 'adapter' ? undefined : new AdaptiveTimeout(timeout, surroundings.clocks.elapsed);
    this.bulkheads = bulkhead === undefined ? undefined : new Bulkheads(name, bulkhead);
    this.delays = new ExponentialBackoff({
      generator: decorrelatedJitterGenerator,
      initialDelay: settings.firstDelayMs,
      maxDelay: settings.longestDelayMs,
    });
  }

  get state(): SharedBreaker['state'] {
    return this.breaker.state;
  }

  /** For adapters that repeat a call by rules of their own: whether the budget has one for it. */
  mayRetry(): boolean {
    return this.budget.withdraw();
  }

  run<T>(call: (signal: AbortSignal) => Promise<T>, options: OutboundCall): Promise<T> {
    if (!isObserved()) return this.repeated(call, options);
    const { name } = this;
    const observed = { name, tenant: options.tenant, isFailure: isFailureOfDependency };
    return observedCall(observed, (onAttempt) => this.repeated(call, options, onAttempt));
  }

  private repeated<T>(
    call: (signal: AbortSignal) => Promise<T>,
    options: OutboundCall,
    onAttempt?: () => void,
  ): Promise<T> {
    this.budget.deposit();
    const attempts = options.effect === 'repeatable' ? this.settings.attempts : 1;
    if (attempts > 1) return this.attempted(attempts, call, options, onAttempt);
    onAttempt?.();
    return this.attempt(call, options);
  }

  private async attempted<T>(
    attempts: number,
    call: (signal: AbortSignal) => Promise<T>,
    options: OutboundCall,
    onAttempt?: () => void,
  ): Promise<T> {
    let delay: IBackoff<unknown> | undefined;
    for (let attempt = 1; ; attempt += 1) {
      onAttempt?.();
      try {
        return await this.attempt(call, options);
      } catch (error) {
        if (attempt >= attempts || !this.isWorthRepeating(error)) throw error;
        delay = delay === undefined ? this.delays.next() : delay.next(undefined);
        const leftMs = remainingMs(options.deadline, this.surroundings.clocks.now());
        if (delay.duration >= leftMs || !this.budget.withdraw()) throw error;
        await pause(delay.duration);
      }
    }
  }

  /** What was refused here is not asked again: neither the breaker nor the queue will think otherwise so soon. */
  private isWorthRepeating(error: unknown): boolean {
    return (
      isFailureOfDependency(error) &&
      (error as Fault).retryable &&
      (error as Fault).code !== 'overloaded' &&
      this.breaker.state.kind === 'closed'
    );
  }

  private async attempt<T>(
    call: (signal: AbortSignal) => Promise<T>,
    options: OutboundCall,
  ): Promise<T> {
    const remaining = () => remainingMs(options.deadline, this.surroundings.clocks.now());
    let leftMs = remaining();
    if (leftMs === 0) {
      throw new Fault('deadline-exceeded', `the deadline passed before ${this.name} was asked`);
    }
    const admitted = this.breaker.admit();
    let admission: Admission;
    if (admitted instanceof Promise) {
      admission = await admitted;
      // Claiming a probe took a part of it.
      leftMs = Math.max(1, remaining());
    } else {
      admission = admitted;
    }
    const { observer, clocks } = this.surroundings;
    const startedMs = clocks.elapsed();
    try {
      const value = await (this.timeout === undefined
        ? this.placed(() => call(neverAborted), options)
        : this.timed(call, options, this.timeout, leftMs));
      this.breaker.succeeded(admission);
      observer?.ended('answered', clocks.elapsed() - startedMs);
      return value;
    } catch (error) {
      const outcome = outcomeOf(error);
      if (outcome === 'failed') this.breaker.failed(admission);
      else if (outcome === 'overloaded') this.breaker.undecided(admission);
      else this.breaker.succeeded(admission);
      observer?.ended(outcome, clocks.elapsed() - startedMs);
      throw error;
    }
  }

  private placed<T>(
    call: () => Promise<T>,
    { tenant }: OutboundCall,
    signal?: AbortSignal,
  ): Promise<T> {
    if (this.bulkheads === undefined) return call();
    const { observer, clocks } = this.surroundings;
    if (observer === undefined) return this.bulkheads.run(tenant, call, signal);
    const askedMs = clocks.elapsed();
    const placed = () => {
      observer.waited(clocks.elapsed() - askedMs);
      return call();
    };
    return this.bulkheads.run(tenant, placed, signal);
  }

  /** Waits for a call as long as it may take; the wait for a place counts, and is no sample. */
  private async timed<T>(
    call: (signal: AbortSignal) => Promise<T>,
    options: OutboundCall,
    timeout: AdaptiveTimeout,
    leftMs: number,
  ): Promise<T> {
    const limitMs = options.effect === 'once' ? leftMs : Math.min(leftMs, timeout.timeoutMs);
    const { elapsed, now } = this.surroundings.clocks;
    const remaining = () => remainingMs(options.deadline, now());
    const stop = new AbortController();
    let wasMade = false;
    let timer: RunningTimer | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = new RunningTimer({ afterMs: limitMs, leftMs: remaining, elapsed }, () => {
        const error = new TimedOut();
        reject(error);
        stop.abort(error);
      });
    });
    const made = this.placed(
      async () => {
        wasMade = true;
        const startedMs = elapsed();
        const value = await this.hedged(call, options, timeout, stop.signal);
        if (timer?.wasHeldUp !== true) timeout.succeeded(elapsed() - startedMs);
        return value;
      },
      options,
      stop.signal,
    );
    try {
      return await Promise.race([made, late]);
    } catch (error) {
      if (!(error instanceof TimedOut)) throw error;
      made.catch(() => {});
      if (!wasMade) throw new Fault('overloaded', `${this.name} had no place in time`);
      timeout.timedOut();
      throw this.overdue(options, limitMs < leftMs && remaining() > 0);
    } finally {
      timer?.stop();
    }
  }

  private overdue({ effect }: OutboundCall, isBeforeDeadline: boolean): Fault {
    const message = `${this.name} did not answer in time`;
    if (effect === 'once') return new Fault('unknown-outcome', message);
    return new Fault(isBeforeDeadline ? 'dependency-unavailable' : 'deadline-exceeded', message);
  }

  private hedged<T>(
    call: (signal: AbortSignal) => Promise<T>,
    { effect }: OutboundCall,
    timeout: AdaptiveTimeout,
    signal: AbortSignal,
  ): Promise<T> {
    const { hedgeAt } = this.settings;
    const afterMs =
      hedgeAt === undefined || effect === 'once' ? undefined : timeout.quantile(hedgeAt);
    return afterMs === undefined
      ? call(signal)
      : hedged(call, { afterMs, mayHedge: () => this.budget.withdraw() }, signal);
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
