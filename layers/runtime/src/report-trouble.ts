import type { WorkMetric } from '@atlas/domain';
import { Logger } from '@aws-lambda-powertools/logger';
import { stageConfig } from './config.ts';
import { writeMetricLine } from './metrics/cloudwatch-line.ts';
import { processMetrics } from './metrics/metric-registry.ts';

/**
 * Tells of something that failed and does not fail the request: one log line, and one metrics line that
 * counts it.
 */
export const reportTrouble = (metric: WorkMetric, message: string, error: unknown): void => {
  new Logger({ serviceName: stageConfig().POWERTOOLS_SERVICE_NAME }).warn(message, error as Error);
  processMetrics.count(metric).add(1);
  writeMetricLine({}, new Map([[metric, 1]]));
};
