/** One metric by the minute. */
interface Stream {
  /** Of so many minutes from a minute on; NaN where there is no data point. */
  readonly valueOf: (statistic: string, fromMinute: number, minutes: number) => number;
}

export interface StreamPlace {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

const keyOf = ({ namespace, metricName, dimensions }: StreamPlace): string => {
  const named = Object.keys(dimensions).toSorted((a, b) => a.localeCompare(b));
  return JSON.stringify([namespace, metricName, ...named.map((name) => [name, dimensions[name]])]);
};

const prefixSums = (perMinute: ArrayLike<number>): Float64Array => {
  const sums = new Float64Array(perMinute.length + 1);
  for (let i = 0; i < perMinute.length; i += 1) sums[i + 1] = (sums[i] ?? 0) + (perMinute[i] ?? 0);
  return sums;
};

/** What CloudWatch would have stored. Before the first minute there is nothing. */
export class MetricStreams {
  private readonly streams = new Map<string, Stream>();

  /** A metric that is counted; in a window without any it has no data point. */
  count(place: StreamPlace, perMinute: ArrayLike<number>): void {
    const sums = prefixSums(perMinute);
    this.streams.set(keyOf(place), {
      valueOf: (statistic, from, minutes) => {
        if (statistic !== 'Sum') throw new Error(`no ${statistic} of a count is simulated`);
        const end = Math.max(0, from + minutes);
        return (sums[end] ?? Number.NaN) - (sums[Math.max(0, from)] ?? Number.NaN);
      },
    });
  }

  /** A metric of durations: each minute has so many samples, all of them as long. */
  durations(place: StreamPlace, perMinute: readonly (readonly [number, number])[]): void {
    this.streams.set(keyOf(place), {
      valueOf: (statistic, from, minutes) => {
        const samples = perMinute.slice(Math.max(0, from), Math.max(0, from + minutes));
        const total = samples.reduce((sum, [count]) => sum + count, 0);
        if (total === 0) return Number.NaN;
        if (statistic === 'SampleCount') return total;
        const share = Number(/^p(\d+)$/.exec(statistic)?.[1]) / 100;
        if (Number.isNaN(share)) throw new Error(`no ${statistic} of durations is simulated`);
        let seen = 0;
        for (const [count, ms] of samples.toSorted((a, b) => a[1] - b[1])) {
          seen += count;
          if (seen >= share * total) return ms;
        }
        return Number.NaN;
      },
    });
  }

  /** Throws for a metric that nobody publishes: an alarm on it could never ring. */
  find(place: StreamPlace): Stream {
    const stream = this.streams.get(keyOf(place));
    if (stream === undefined) throw new Error(`nobody publishes ${keyOf(place)}`);
    return stream;
  }
}
