import { LatencyWindow } from './latency-window.ts';

export interface AdaptiveTimeoutSettings {
  readonly floorMs: number;
  /** Also what is waited while too little is known. */
  readonly ceilingMs: number;
  /** The time-out is so many times the 99th percentile. */
  readonly factor: number;
}

const window = { windowMs: 60_000, samples: 200, needed: 20, every: 10 };

/**
 * A time-out that follows what calls take: the 99th percentile of the last minute, times a factor, between
 * floor and ceiling. Calls that were cut off are no samples, so by themselves they would never teach it that
 * the dependency has become slower, and it would cut off every call from then on; hence each one doubles
 * the time-out, up to the ceiling, and each that comes back in time takes a tenth of that off again.
 */
export class AdaptiveTimeout {
  private readonly settings: AdaptiveTimeoutSettings;
  private readonly latencies: LatencyWindow;
  private patience = 1;

  constructor(settings: AdaptiveTimeoutSettings, now: () => number) {
    this.settings = settings;
    this.latencies = new LatencyWindow(window, now);
  }

  get timeoutMs(): number {
    const { floorMs, ceilingMs, factor } = this.settings;
    const p99 = this.latencies.quantile(0.99);
    if (p99 === undefined) return ceilingMs;
    return Math.min(ceilingMs, Math.max(floorMs, p99 * factor) * this.patience);
  }

  succeeded(durationMs: number): void {
    this.latencies.add(durationMs);
    this.patience = Math.max(1, this.patience * 0.9);
  }

  timedOut(): void {
    const { floorMs, ceilingMs } = this.settings;
    this.patience = Math.min(ceilingMs / floorMs, this.patience * 2);
  }

  /** What calls took, for those who send a second one; undefined while too little is known. */
  quantile(quantile: number): number | undefined {
    return this.latencies.quantile(quantile);
  }
}
