import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { stageConfig } from './config.ts';
import { log } from './logging/log.ts';

/** What a request's one line may carry: an allow-list, so that nothing leaks by accident. */
export interface RequestRecord {
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
  /** Writes exactly one line; before it, where the request failed by our fault, one with the error. */
  record(request: RequestRecord): void;
}

/**
 * Rate, errors and duration of one function in the embedded metric format. What is known of the request
 * stands in the same line: the format lets it, CloudWatch Logs can be searched by it, and a line of its
 * own would cost as much again, in time and in what is stored (docs/adr/0005-one-order-of-steps.md).
 * Percentiles come from the values; averages are not published.
 */
export const endpointTelemetry = (endpoint: string): Telemetry => {
  const stage = stageConfig();
  const metrics = new Metrics({
    namespace: stage.POWERTOOLS_METRICS_NAMESPACE,
    serviceName: stage.POWERTOOLS_SERVICE_NAME,
    defaultDimensions: { endpoint },
  });
  return {
    record({ error, durationMs, ...fields }) {
      const failed = fields.status >= 500;
      if (failed) log.error('request failed', error, { endpoint, ...fields });
      metrics.addMetadata('level', failed ? 'ERROR' : 'INFO');
      metrics.addMetadata('traceId', fields.traceparent.slice(3, 35));
      for (const [name, value] of Object.entries(fields)) {
        if (value !== undefined) metrics.addMetadata(name, value as string);
      }
      metrics.addMetric('Requests', MetricUnit.Count, 1);
      metrics.addMetric('Faults', MetricUnit.Count, failed ? 1 : 0);
      metrics.addMetric('Refusals', MetricUnit.Count, is4xx(fields.status) ? 1 : 0);
      metrics.addMetric('LatencyMs', MetricUnit.Milliseconds, durationMs);
      metrics.publishStoredMetrics();
    },
  };
};

const is4xx = (status: number): boolean => status >= 400 && status < 500;
