export interface LatencyWindowSettings {
  readonly windowMs: number;
  /** The newest so many are kept. */
  readonly samples: number;
  /** With fewer, nothing is known. */
  readonly needed: number;
  /** After how many new ones quantiles are computed again: sorting costs more than a call should pay. */
  readonly every: number;
}

interface Sample {
  readonly atMs: number;
  readonly durationMs: number;
}

/**
 * What calls took lately, and quantiles of it. Only those that ended by themselves: one that was cut off took
 * longer, and nobody knows how long.
 */
export class LatencyWindow {
  private readonly settings: LatencyWindowSettings;
  private readonly now: () => number;
  private samples: Sample[] = [];
  private sorted: readonly number[] = [];
  private sinceSorted = 0;

  constructor(settings: LatencyWindowSettings, now: () => number) {
    this.settings = settings;
    this.now = now;
  }

  add(durationMs: number): void {
    this.samples.push({ atMs: this.now(), durationMs });
    this.sinceSorted += 1;
    if (this.sinceSorted < this.settings.every) return;
    this.sinceSorted = 0;
    const { windowMs, samples } = this.settings;
    const oldestMs = this.now() - windowMs;
    this.samples = this.samples.slice(-samples).filter(({ atMs }) => atMs > oldestMs);
    this.sorted = this.samples.map((one) => one.durationMs).sort((a, b) => a - b);
  }

  /** By nearest rank, of 0 to 1; undefined while too little is known. */
  quantile(quantile: number): number | undefined {
    if (this.sorted.length < this.settings.needed) return undefined;
    return this.sorted[Math.max(0, Math.ceil(quantile * this.sorted.length) - 1)];
  }
}
