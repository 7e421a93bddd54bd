/** The time of day, and the time that the process has run; both in milliseconds. */
export interface Clocks {
  /** Of the Unix clock. Somebody may set it, forwards or back. */
  readonly now: () => number;
  /** Never goes back, and stands still while the process is frozen, as Lambda does between requests. */
  readonly elapsed: () => number;
}

export const systemClocks: Clocks = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
};

/** A time to come that has come when either clock says so: one set back, or one that stood still, delays nothing. */
export class Later {
  /** Of the Unix clock. */
  readonly atMs: number;
  private readonly clocks: Clocks;
  private readonly atElapsedMs: number;

  constructor(clocks: Clocks, inMs: number) {
    this.clocks = clocks;
    this.atMs = clocks.now() + inMs;
    this.atElapsedMs = clocks.elapsed() + inMs;
  }

  get isOver(): boolean {
    return this.clocks.now() >= this.atMs || this.clocks.elapsed() >= this.atElapsedMs;
  }

  get leftMs(): number {
    const { now, elapsed } = this.clocks;
    return Math.max(0, Math.min(this.atMs - now(), this.atElapsedMs - elapsed()));
  }
}
