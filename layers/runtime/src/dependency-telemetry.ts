import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { stageConfig } from './config.ts';
import { correlation } from './logging/log.ts';
import type { BreakerState } from './resilience/shared-breaker.ts';

let metrics: Metrics | undefined;

/** One metrics line for each change of a breaker: 1 when it opens, 0 when it closes, by dependency. */
export const recordBreaker = (dependency: string, { kind }: BreakerState): void => {
  if (kind === 'half-open') return;
  const stage = stageConfig();
  metrics ??= new Metrics({
    namespace: stage.POWERTOOLS_METRICS_NAMESPACE,
    serviceName: stage.POWERTOOLS_SERVICE_NAME,
  });
  const line = metrics.singleMetric();
  line.addDimension('dependency', dependency);
  for (const [id, value] of Object.entries(correlation())) line.addMetadata(id, value);
  line.addMetric('BreakerOpen', MetricUnit.Count, kind === 'open' ? 1 : 0);
};
