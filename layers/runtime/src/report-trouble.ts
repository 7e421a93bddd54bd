import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { stageConfig } from './config.ts';
import { type Constant, correlation, log } from './logging/log.ts';

/**
 * Tells of something that failed and does not fail the request: one log line, and one metrics line that
 * counts it.
 */
export const reportTrouble = <Message extends string>(
  metric: string,
  message: Constant<Message>,
  error: unknown,
): void => {
  const { POWERTOOLS_SERVICE_NAME: serviceName, POWERTOOLS_METRICS_NAMESPACE: namespace } =
    stageConfig();
  log.warn(message, error);
  const metrics = new Metrics({ namespace, serviceName });
  for (const [id, value] of Object.entries(correlation())) metrics.addMetadata(id, value);
  metrics.addMetric(metric, MetricUnit.Count, 1);
  metrics.publishStoredMetrics();
};
