import type { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Query } from '../slo/query.ts';

/** A query as the CDK has it. Everything in an expression gets the same period, as alarms demand. */
export const cloudWatchMetric = (query: Query, period: Duration): IMetric => {
  const label = query.label === undefined ? {} : { label: query.label };
  if (!('expression' in query)) {
    const { namespace, metricName, dimensions, statistic } = query;
    return new Metric({
      namespace,
      metricName,
      dimensionsMap: { ...dimensions },
      statistic,
      period,
      ...label,
    });
  }
  return new MathExpression({
    expression: query.expression,
    usingMetrics: Object.fromEntries(
      Object.entries(query.using).map(([id, one]) => [id, cloudWatchMetric(one, period)]),
    ),
    period,
    ...label,
  });
};
