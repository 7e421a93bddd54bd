import { type MetricName, metricCatalogue, seriesKey, type WorkMetric } from '@atlas/domain';
import { writeMetricLine } from './cloudwatch-line.ts';
import { type MetricRegistry, processMetrics } from './metric-registry.ts';

/** One value of a gauge, and which one it is. */
export interface Measured {
  /** In the order of the metric's labels. */
  readonly labels: readonly string[];
  readonly value: number;
}

const total = (over: 'sum' | 'max', values: readonly Measured[]): number =>
  over === 'sum'
    ? values.reduce((sum, one) => sum + one.value, 0)
    : Math.max(0, ...values.map((one) => one.value));

/** What one run of a function counts and measures: for the fleet, and for the one line in CloudWatch. */
export class RunMetrics {
  /** What was measured, by series. */
  readonly gauges = new Map<string, number>();
  private readonly name: string;
  private readonly registry: MetricRegistry;
  private readonly line = new Map<MetricName, number>();
  private counted: { readonly all: number; readonly failed: number } | undefined;

  constructor(name: string, registry: MetricRegistry = processMetrics) {
    this.name = name;
    this.registry = registry;
  }

  /** Adds to a counter of the function; of a gauge, says what it is. */
  add(metric: WorkMetric, value: number): void {
    const { kind } = metricCatalogue[metric];
    if (kind === 'gauge') {
      this.measure(metric, [{ labels: [this.name], value }]);
      return;
    }
    this.registry.count(metric, this.name).add(value);
    this.line.set(metric, (this.line.get(metric) ?? 0) + value);
  }

  measure(metric: WorkMetric, values: readonly Measured[]): void {
    const { cloudWatch, over = 'max' } = metricCatalogue[metric];
    for (const { labels, value } of values) this.gauges.set(seriesKey(metric, ...labels), value);
    if (cloudWatch === 'line') this.line.set(metric, total(over, values));
  }

  handled(counts: { readonly all: number; readonly failed: number }): void {
    this.counted = counts;
  }

  /**
   * A run that failed as a whole is one failure more, as a crash is for CloudWatch. What it measured may be a part of
   * what it should have, so CloudWatch gets none of it, and alarms take silence for what it is.
   */
  end(durationMs: number, isFailed: boolean): void {
    const { all, failed } = this.counted ?? { all: isFailed ? 0 : 1, failed: 0 };
    const crashes = Number(isFailed);
    this.registry.count('Requests', this.name).add(all + crashes);
    this.registry.count('Faults', this.name).add(failed + crashes);
    this.registry.durationsOf('LatencyMs', this.name).observe(durationMs);
    for (const metric of isFailed ? [...this.line.keys()] : []) {
      if (metricCatalogue[metric].kind === 'gauge') this.line.delete(metric);
    }
    this.line.set('DurationMs', durationMs);
    writeMetricLine({ function: this.name }, this.line);
  }
}
