import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { stageConfig } from './config.ts';

/** What a request's one log line may carry: an allow-list, so that nothing leaks by accident. */
export interface RequestRecord {
  readonly endpoint: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
  readonly requestId: string;
  readonly traceparent: string;
  readonly tenant?: string | undefined;
  readonly problem?: string | undefined;
  readonly replayed?: boolean | undefined;
  readonly error?: Error | undefined;
}

export interface Telemetry {
  /** Writes exactly one log line and one metrics line. */
  record(request: RequestRecord): void;
}

/**
 * Rate, errors and duration of one function, as an EMF line, and one structured log line a request.
 * Percentiles come from the values; averages are not published.
 */
export const endpointTelemetry = (endpoint: string): Telemetry => {
  const stage = stageConfig();
  const logger = new Logger({ serviceName: stage.POWERTOOLS_SERVICE_NAME });
  const metrics = new Metrics({
    namespace: stage.POWERTOOLS_METRICS_NAMESPACE,
    serviceName: stage.POWERTOOLS_SERVICE_NAME,
    defaultDimensions: { endpoint },
  });
  return {
    record(request) {
      const { error, ...fields } = request;
      if (request.status >= 500) logger.error('request failed', { ...fields, error });
      else logger.info('request', fields);
      metrics.addMetric('Requests', MetricUnit.Count, 1);
      metrics.addMetric('Faults', MetricUnit.Count, request.status >= 500 ? 1 : 0);
      metrics.addMetric('Refusals', MetricUnit.Count, is4xx(request.status) ? 1 : 0);
      metrics.addMetric('LatencyMs', MetricUnit.Milliseconds, request.durationMs);
      metrics.publishStoredMetrics();
    },
  };
};

const is4xx = (status: number): boolean => status >= 400 && status < 500;
