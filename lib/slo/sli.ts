import { names } from '../names.ts';
import type { Stage } from '../stage.ts';
import type { MetricSource } from './indicators.ts';
import { indicatorFor, type Objective } from './objectives.ts';
import type { MathQuery, MetricPlace, MetricQuery } from './query.ts';
import type { Percentiles } from './slo-file.ts';

/** Where CloudWatch has the metric of one function. */
export const placeOf = (
  stage: Stage,
  name: string,
  { namespace, metricName, dimension }: MetricSource,
): MetricPlace => ({
  namespace,
  metricName,
  dimensions:
    dimension === 'FunctionName'
      ? { FunctionName: names(stage).function(name) }
      : { service: 'atlas', [dimension]: name },
});

/** What is measured of an objective, and what alarms and dashboards make of it. */
export interface Sli {
  readonly requests: MathQuery;
  readonly failures: MathQuery;
  /** The error budget's burn rate; 0 where too few failed to say anything. */
  readonly burnRate: Readonly<Record<'long' | 'short', MathQuery>>;
  /** How much of the error budget is left, in percent; below 0 when it is overspent. */
  readonly budgetLeft: MathQuery;
  /** How many failed, if it was half of everything or more; otherwise 0. */
  readonly outage: MathQuery;
  readonly percentiles: Readonly<Record<keyof Percentiles, MetricQuery>>;
  /** The worst of p50, p95 and p99, as a multiple of what it should be. */
  readonly slowness: MathQuery;
}

const percentileNames = ['p50', 'p95', 'p99'] as const;

/** The indicator of an objective in metric math. Ratios are those of the whole period. */
export const sliOf = (stage: Stage, objective: Objective): Sli => {
  const { name, budget, leastFailures, leastSamples, latencyMs } = objective;
  const indicator = indicatorFor(objective);
  const metric = (source: MetricSource, statistic: string): MetricQuery => ({
    ...placeOf(stage, name, source),
    statistic,
  });
  // A metric without a data point is a zero: nobody called, or nothing failed.
  const sum = (sources: readonly MetricSource[]): MathQuery => ({
    expression: sources.map(({ id }) => `FILL(${id}, 0)`).join(' + '),
    using: Object.fromEntries(sources.map((source) => [source.id, metric(source, 'Sum')])),
  });
  const using = { requests: sum(indicator.requests), failures: sum(indicator.failures) };
  const burnRate = (least: number): MathQuery => ({
    expression: `IF(failures >= ${least}, failures / (requests * ${budget}), 0)`,
    using,
  });
  const percentiles = {
    p50: metric(indicator.durationMs, 'p50'),
    p95: metric(indicator.durationMs, 'p95'),
    p99: metric(indicator.durationMs, 'p99'),
  };
  const ratios = percentileNames.map(
    (one) => `IF(samples >= ${leastSamples[one]}, ${one} / ${latencyMs[one]}, 0)`,
  );
  return {
    ...using,
    burnRate: { long: burnRate(leastFailures.long), short: burnRate(leastFailures.short) },
    budgetLeft: {
      expression: `IF(requests > 0, 100 * (1 - failures / (requests * ${budget})), 100)`,
      using,
    },
    outage: { expression: 'IF(failures * 2 >= requests, failures, 0)', using },
    percentiles,
    slowness: {
      expression: `MAX([${ratios.join(', ')}])`,
      using: { samples: metric(indicator.durationMs, 'SampleCount'), ...percentiles },
    },
  };
};
