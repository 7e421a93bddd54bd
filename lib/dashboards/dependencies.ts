import type { MetricName } from '../../layers/domain/src/metrics/metric-catalogue.ts';
import type { MetricQuery } from '../slo/query.ts';
import { shardCount } from '../stage.ts';
import type { Dashboard, GraphPanel } from './dashboard.ts';

/** What guards stand before, by the names in functions/services/guards.ts. */
const dependencies: readonly string[] = [
  ...Array.from({ length: shardCount }, (_, shard) => `postgres-${shard}`),
  ...['dynamodb', 'dynamodb-idempotency', 'dynamodb-quotas', 'dynamodb-metrics'],
  ...['kafka', 'kafka-admin', 's3', 'sqs', 'lambda', 'firehose', 'names'],
];

const of = (metricName: MetricName, statistic: string): readonly MetricQuery[] =>
  dependencies.map((dependency) => ({
    namespace: 'Atlas',
    metricName,
    dimensions: { service: 'atlas', dependency },
    statistic,
    label: dependency,
  }));

const panel = (title: string, left: readonly MetricQuery[]): GraphPanel => ({
  kind: 'graph',
  title,
  left,
});

/** Utilisation, saturation and errors of every dependency, as its callers see them. */
export const dependencyDashboard = (): Dashboard => ({
  name: 'dependencies',
  title: 'Atlas: dependencies',
  rows: [
    [
      panel('Calls', of('DependencyCalls', 'Sum')),
      panel('Failures', of('DependencyFailures', 'Sum')),
    ],
    [
      panel('Time spent in calls, in milliseconds', of('DependencyMs', 'Sum')),
      panel('Time waited for a place, in milliseconds', of('DependencyWaitedMs', 'Sum')),
    ],
    [
      panel('No place, or a lock that took too long', of('DependencyOverloads', 'Sum')),
      panel('Breakers: 1 opened, 0 closed', of('BreakerOpen', 'Maximum')),
    ],
  ],
});
