import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { stageConfig } from './config.ts';

/**
 * Tells of something that failed and does not fail the request: one log line, and one metrics line that
 * counts it.
 */
export const reportTrouble = (metric: string, message: string, error: unknown): void => {
  const { POWERTOOLS_SERVICE_NAME: serviceName, POWERTOOLS_METRICS_NAMESPACE: namespace } =
    stageConfig();
  new Logger({ serviceName }).warn(message, error as Error);
  const metrics = new Metrics({ namespace, serviceName });
  metrics.addMetric(metric, MetricUnit.Count, 1);
  metrics.publishStoredMetrics();
};
