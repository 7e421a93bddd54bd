import type { MetricStore } from '@atlas/domain';
import { type Clocks, Later } from '../resilience/clocks.ts';
import type { MetricRegistry } from './metric-registry.ts';

export interface FleetMetricsOptions {
  readonly registry: MetricRegistry;
  readonly store: MetricStore;
  /** Whose counts these are, together with those of other processes of the same name. */
  readonly source: string;
  readonly clocks: Clocks;
  /** Each time that something is told. */
  readonly onTelling?: () => void;
}

/** Each telling is a write for each process. */
const tellEveryMs = 10_000;
/** In one addition: DynamoDB takes 300 operators in an expression. */
const seriesAtOnce = 100;

/**
 * Tells the fleet what this process counted since the last time, every ten seconds at most. No request waits for it.
 * What may have been added without an answer is not told again: so nothing counts twice, and what is lost is missing.
 */
export class FleetMetrics {
  private readonly options: FleetMetricsOptions;
  private telling: Promise<void> | undefined;
  private next: Later | undefined;
  private isAboutTo = false;

  constructor(options: FleetMetricsOptions) {
    this.options = options;
  }

  /** Begins to tell, if it is time; once the request has come to where it waits for something, and not before. */
  begin(): void {
    if (this.isAboutTo || !this.isDue()) return;
    this.isAboutTo = true;
    setImmediate(() => {
      this.isAboutTo = false;
      if (this.isDue()) void this.start();
    });
  }

  /**
   * For a run that nobody waits for, at its end: tells, if it is time, says what was measured in it, and stays until
   * both are done, or so long. Never throws.
   */
  settle(longestMs: number, name: string, measured: ReadonlyMap<string, number>): Promise<void> {
    if (this.isDue()) void this.start();
    const all = async (): Promise<void> => {
      if (measured.size > 0) await this.options.store.measure(name, measured);
      await this.telling;
    };
    return within(longestMs, all());
  }

  /** Tells what is left, at the end of the process; waits so long at most. Never throws. */
  flush(longestMs: number): Promise<void> {
    const all = async (): Promise<void> => {
      await this.telling;
      await this.start();
    };
    return within(longestMs, all());
  }

  private isDue(): boolean {
    return this.telling === undefined && this.next?.isOver !== false;
  }

  private start(): Promise<void> {
    const { registry, clocks } = this.options;
    const counts = registry.take('fleet');
    if (counts.size === 0) return Promise.resolve();
    this.next = new Later(clocks, tellEveryMs);
    // Metrics that cannot be told are no reason to end the process.
    const told = this.tell(counts)
      .catch(() => {})
      .finally(() => {
        this.telling = undefined;
      });
    this.telling = told;
    return told;
  }

  private async tell(counts: ReadonlyMap<string, number>): Promise<void> {
    const { registry, store, source, onTelling } = this.options;
    onTelling?.();
    const all = [...counts];
    for (let from = 0; from < all.length; from += seriesAtOnce) {
      const some = new Map(all.slice(from, from + seriesAtOnce));
      if ((await store.add(source, some)) === 'refused') registry.giveBack('fleet', some);
    }
  }
}

/** Until the work is done, has failed, or takes too long. */
const within = async (longestMs: number, work: Promise<void>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, longestMs);
  });
  await Promise.race([work.catch(() => {}), late]);
  clearTimeout(timer);
};
