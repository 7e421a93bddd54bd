export interface ConcurrencyLimitSettings {
  readonly least: number;
  readonly most: number;
  readonly start: number;
  /** A call that takes so many times the shortest one has waited in a queue over there. */
  readonly tolerance: number;
}

const backoff = 0.9;
/** After so many calls the shortest time is measured anew: what is fast today may not be tomorrow. */
const callsPerBaseline = 500;

/**
 * How many calls a long-lived process may have under way, found by additive increase and multiplicative
 * decrease, as TCP finds its window (Jacobson 1988): one more for each round of calls that come back
 * quickly while the limit is in use, a tenth less when one fails or was queued. From time to time it goes down
 * by half, because only a short queue shows how fast the other side is (as BBR does, Cardwell et al. 2016).
 */
export class ConcurrencyLimit {
  private readonly settings: ConcurrencyLimitSettings;
  private exact: number;
  private underWay = 0;
  private shortestMs = Number.POSITIVE_INFINITY;
  private nextShortestMs = Number.POSITIVE_INFINITY;
  private calls = 0;
  private sinceDecrease = 0;
  private sinceInUse = 0;

  constructor(settings: ConcurrencyLimitSettings) {
    this.settings = settings;
    this.exact = settings.start;
  }

  get limit(): number {
    return Math.floor(this.exact);
  }

  /** How many calls may be begun now. */
  get room(): number {
    return Math.max(0, this.limit - this.underWay);
  }

  /** A call is begun; whoever begins it calls what comes back once, when it has ended. */
  begin(): (outcome: { readonly durationMs: number; readonly failed: boolean }) => void {
    this.underWay += 1;
    if (this.underWay * 2 >= this.limit) this.sinceInUse = 0;
    return ({ durationMs, failed }) => {
      this.underWay -= 1;
      this.sinceDecrease += 1;
      this.sinceInUse += 1;
      const wasInUse = this.sinceInUse <= this.limit;
      if (!failed) this.noteDuration(durationMs);
      const isQueued = durationMs > this.shortestMs * this.settings.tolerance;
      if (failed || isQueued) this.decrease();
      else if (wasInUse) this.exact = Math.min(this.settings.most, this.exact + 1 / this.exact);
    };
  }

  /** Once for each round of calls: they were begun under the limit that is taken back. */
  private decrease(): void {
    if (this.sinceDecrease < this.limit) return;
    this.sinceDecrease = 0;
    this.exact = Math.max(this.settings.least, this.exact * backoff);
  }

  private noteDuration(durationMs: number): void {
    this.shortestMs = Math.min(this.shortestMs, durationMs);
    this.nextShortestMs = Math.min(this.nextShortestMs, durationMs);
    this.calls += 1;
    if (this.calls < callsPerBaseline) return;
    this.calls = 0;
    this.shortestMs = this.nextShortestMs;
    this.nextShortestMs = Number.POSITIVE_INFINITY;
    this.exact = Math.max(this.settings.least, this.exact / 2);
  }
}
