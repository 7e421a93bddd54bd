import { type BreakerStore, Fault, type OpenBreaker } from '@atlas/domain';
import { CircuitState, CountBreaker } from 'cockatiel';
import { type Clocks, Later } from './clocks.ts';

export interface SharedBreakerSettings {
  readonly name: string;
  /** It opens when this share of the last `size` calls failed, of at least `needed`. */
  readonly threshold: number;
  readonly size: number;
  readonly needed: number;
  /** For how long the dependency is left alone, the first time and at most. */
  readonly firstWindowMs: number;
  readonly longestWindowMs: number;
}

export type BreakerState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open'; readonly until: Later; readonly windowMs: number }
  /** The window is over, and one call somewhere finds out; `until`: when that one counts as lost. */
  | { readonly kind: 'half-open'; readonly until: Later; readonly windowMs: number };

type OpenState = Exclude<BreakerState, { readonly kind: 'closed' }>;

/** A call that was let through; of a probe the state of the breaker depends. */
export type Admission = 'ordinary' | 'probe';

export interface SharedBreakerOptions extends SharedBreakerSettings {
  /** Absent: each process decides for itself. */
  readonly store?: BreakerStore | undefined;
  readonly clocks: Clocks;
  readonly random: () => number;
  readonly onChange?: ((state: BreakerState) => void) | undefined;
}

/** A store that does not answer in time is not waited for: the process decides for itself. */
const storeMs = 250;
/** The store is asked at most so often. */
const askEveryMs = 1_000;
/** Then a probe that nobody has heard of again counts as lost, and another may be made. */
const probeMs = 10_000;

/**
 * A circuit breaker whose openings the fleet shares (Nygard, Release It!). Each process counts its own calls;
 * what it opens it tells the others, and a process asks what they have told after its first failure: so a
 * fleet that is well costs no call, and one in trouble learns of it from few failures each. When the window is
 * over, one process claims the probe; the others go on leaving the dependency alone until that one has closed
 * the breaker or opened it for twice as long. Where the store cannot be asked everything is decided locally.
 */
export class SharedBreaker {
  private readonly options: SharedBreakerOptions;
  private counter: CountBreaker;
  private current: BreakerState = { kind: 'closed' };
  private askedAgain: Later | undefined;

  constructor(options: SharedBreakerOptions) {
    this.options = options;
    this.counter = this.newCounter();
  }

  get state(): BreakerState {
    return this.current;
  }

  /** Lets a call through, or throws `dependency-unavailable`. Waits for the store only when a probe is due. */
  admit(): Admission | Promise<Admission> {
    if (this.current.kind === 'closed') return 'ordinary';
    if (!this.current.until.isOver) throw this.refusal();
    return this.claimProbe(this.current);
  }

  succeeded(admission: Admission): void {
    if (admission === 'probe') this.close(true);
    else if (this.current.kind === 'closed') this.counter.success(CircuitState.Closed);
  }

  failed(admission: Admission): void {
    const { firstWindowMs, longestWindowMs } = this.options;
    if (admission === 'probe') {
      const before = this.current.kind === 'closed' ? firstWindowMs : this.current.windowMs;
      this.open(Math.min(longestWindowMs, before * 2));
      return;
    }
    // What was under way when it opened says nothing new.
    if (this.current.kind !== 'closed') return;
    if (this.counter.failure(CircuitState.Closed)) this.open(firstWindowMs);
    else void this.learn();
  }

  /** For a call that was never made, which says nothing: a probe goes to whoever comes when another window is over. */
  undecided(admission: Admission): void {
    if (admission === 'probe' && this.current.kind !== 'closed') this.open(this.current.windowMs);
  }

  private newCounter(): CountBreaker {
    const { threshold, size, needed } = this.options;
    return new CountBreaker({ threshold, size, minimumNumberOfCalls: needed });
  }

  private refusal(): Fault {
    return new Fault('dependency-unavailable', `${this.options.name} is left alone for a while`);
  }

  private move(state: BreakerState): void {
    this.current = state;
    this.options.onChange?.(state);
  }

  /** Between four and six fifths of the window, so that processes that opened together do not close together. */
  private open(windowMs: number): void {
    const { name, clocks, random } = this.options;
    const until = new Later(clocks, windowMs * (0.8 + 0.4 * random()));
    this.move({ kind: 'open', until, windowMs });
    void this.ask((store) => store.open(name, { openUntilMs: until.atMs, windowMs }));
  }

  private close(isToBeTold: boolean): void {
    this.counter = this.newCounter();
    this.move({ kind: 'closed' });
    if (isToBeTold) void this.ask((store) => store.close(this.options.name));
  }

  private async claimProbe({ windowMs }: OpenState): Promise<Admission> {
    const { name, clocks } = this.options;
    // Until the claim is decided this process makes no other, and no call.
    const nowMs = clocks.now();
    this.move({ kind: 'half-open', until: new Later(clocks, probeMs), windowMs });
    const claimed = await this.ask((store) => store.claimProbe(name, nowMs, nowMs + probeMs));
    if (claimed !== false) return 'probe';
    const told = await this.ask((store) => store.read(name));
    if (told === undefined) {
      this.close(false);
      return 'ordinary';
    }
    this.follow(told, askEveryMs);
    throw this.refusal();
  }

  /** Opens as well where others have opened. */
  private async learn(): Promise<void> {
    const { name, clocks } = this.options;
    if (this.askedAgain?.isOver === false) return;
    this.askedAgain = new Later(clocks, askEveryMs);
    const told = await this.ask((store) => store.read(name));
    if (told === undefined || told.openUntilMs <= clocks.now()) return;
    if (this.current.kind === 'closed') this.follow(told, 0);
  }

  /** Opens for as long as others say, and a while at least; no longer than a window can be, whatever their clocks say. */
  private follow({ openUntilMs, windowMs }: OpenBreaker, leastMs: number): void {
    const { clocks, longestWindowMs } = this.options;
    const leftMs = Math.max(leastMs, Math.min(openUntilMs - clocks.now(), 1.2 * longestWindowMs));
    this.move({ kind: 'open', until: new Later(clocks, leftMs), windowMs });
  }

  /** What the store says; undefined where there is none, or it does not answer in time. */
  private async ask<T>(question: (store: BreakerStore) => Promise<T>): Promise<T | undefined> {
    const { store } = this.options;
    if (store === undefined) return undefined;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, storeMs, undefined);
    });
    try {
      return await Promise.race([question(store).catch(() => undefined), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
