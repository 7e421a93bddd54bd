import { boundText, bucketOf, type MetricName, seriesKey, sumOfDurations } from '@atlas/domain';

/** To whom it is told: each is told everything once. */
type Listener = 'fleet' | 'cloudWatch';

/** A count that only grows, and how much of it was told to whom. */
export class Count {
  total = 0;
  readonly told: Record<Listener, number> = { fleet: 0, cloudWatch: 0 };

  add(value: number): void {
    this.total += value;
  }
}

/** Durations by their length. */
export class Durations {
  private readonly buckets: (Count | undefined)[] = [];
  private readonly sum: Count;
  private readonly countOf: (part: string) => Count;

  constructor(countOf: (part: string) => Count) {
    this.countOf = countOf;
    this.sum = countOf(sumOfDurations);
  }

  observe(durationMs: number): void {
    const bucket = bucketOf(durationMs);
    const known = this.buckets[bucket];
    if (known === undefined) {
      const made = this.countOf(boundText(bucket));
      this.buckets[bucket] = made;
      made.add(1);
    } else {
      known.add(1);
    }
    this.sum.add(Math.round(durationMs * 1_000));
  }
}

/** Beyond this something makes labels of what it should not; it is counted no longer, and nothing else suffers. */
const maxSeries = 2_000;

/**
 * What a process has counted since it started. Counting is an addition to what the caller keeps (a `Count`); nothing
 * is formatted, sent or waited for.
 */
export class MetricRegistry {
  private readonly counts = new Map<string, Count>();
  private readonly durations = new Map<string, Durations>();

  /** The same count each time, for the same labels. */
  count(metric: MetricName, ...labels: readonly string[]): Count {
    return this.at(seriesKey(metric, ...labels));
  }

  durationsOf(metric: MetricName, ...labels: readonly string[]): Durations {
    const key = seriesKey(metric, ...labels);
    const known = this.durations.get(key);
    if (known !== undefined) return known;
    const made = new Durations((part) => this.at(seriesKey(key, part)));
    this.durations.set(key, made);
    return made;
  }

  /** What was counted and not told yet. From now on it counts as told. */
  take(listener: Listener): Map<string, number> {
    const taken = new Map<string, number>();
    for (const [key, { total, told }] of this.counts) {
      if (total === told[listener]) continue;
      taken.set(key, total - told[listener]);
      told[listener] = total;
    }
    return taken;
  }

  /** It could not be told after all. */
  giveBack(listener: Listener, taken: ReadonlyMap<string, number>): void {
    for (const [key, value] of taken) this.at(key).told[listener] -= value;
  }

  private at(key: string): Count {
    const known = this.counts.get(key);
    if (known !== undefined) return known;
    const made = new Count();
    if (this.counts.size < maxSeries) this.counts.set(key, made);
    return made;
  }
}

/** What this process counts. */
export const processMetrics = new MetricRegistry();
