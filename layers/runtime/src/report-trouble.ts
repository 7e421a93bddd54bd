import type { WorkMetric } from '@atlas/domain';
import { type Constant, log } from './logging/log.ts';
import { writeMetricLine } from './metrics/cloudwatch-line.ts';
import { processMetrics } from './metrics/metric-registry.ts';

/**
 * Tells of something that failed and does not fail the request: one log line, and one metrics line that
 * counts it.
 */
export const reportTrouble = <Message extends string>(
  metric: WorkMetric,
  message: Constant<Message>,
  error: unknown,
): void => {
  log.warn(message, error);
  processMetrics.count(metric).add(1);
  writeMetricLine({}, new Map([[metric, 1]]));
};
