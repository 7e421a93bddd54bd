import { MetricResolution, Metrics } from '@aws-lambda-powertools/metrics';
import { stageConfig } from './config.ts';
import type { EndpointSettings } from './endpoint-definition.ts';
import { log } from './logging/log.ts';
import { cloudWatchUnitOf } from './metrics/cloudwatch-line.ts';
import { mirrorToEmulator } from './metrics/emulated-cloudwatch.ts';
import { processMetrics } from './metrics/metric-registry.ts';

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
  /** Writes exactly one line; before it, where an error made the request fail, one with that. */
  record(request: RequestRecord): void;
}

/** What the line of a request has of metrics, in this order. */
const lineMetrics = ['Requests', 'Faults', 'Refusals', 'LatencyMs'] as const;

/**
 * Rate, errors and duration of one function: in the process' own counts, for the fleet, and in the embedded metric
 * format. What is known of the request stands in the same line: the format lets it, CloudWatch Logs can be searched by it, and a
 * line of its own would cost as much again, in time and in what is stored (docs/adr/0005-one-order-of-steps.md).
 * Percentiles come from the values; averages are not published. Values of critical endpoints are kept by the second.
 */
export const endpointTelemetry = (
  endpoint: string,
  tier: EndpointSettings['slo'] = 'default',
): Telemetry => {
  const stage = stageConfig();
  const metrics = new Metrics({
    namespace: stage.POWERTOOLS_METRICS_NAMESPACE,
    serviceName: stage.POWERTOOLS_SERVICE_NAME,
    defaultDimensions: { endpoint },
  });
  const resolution = tier === 'critical' ? MetricResolution.High : MetricResolution.Standard;
  const requests = processMetrics.count('Requests', endpoint);
  const faults = processMetrics.count('Faults', endpoint);
  const durations = processMetrics.durationsOf('LatencyMs', endpoint);
  return {
    record({ error, durationMs, ...fields }) {
      const failed = fields.status >= 500;
      const refused = is4xx(fields.status);
      if (error !== undefined) log.error('request failed', error, { endpoint, ...fields });
      metrics.addMetadata('level', failed ? 'ERROR' : 'INFO');
      metrics.addMetadata('traceId', fields.traceparent.slice(3, 35));
      for (const [name, value] of Object.entries(fields)) {
        if (value !== undefined) metrics.addMetadata(name, value as string);
      }
      const values = [1, failed ? 1 : 0, refused ? 1 : 0, durationMs] as const;
      lineMetrics.forEach((metric, i) => {
        metrics.addMetric(metric, cloudWatchUnitOf(metric), values[i] as number, resolution);
      });
      metrics.publishStoredMetrics();
      requests.add(1);
      if (failed) faults.add(1);
      if (refused) processMetrics.count('Refusals', endpoint, fields.problem ?? 'none').add(1);
      durations.observe(durationMs);
      mirrorToEmulator({ endpoint }, lineMetrics, values);
    },
  };
};

const is4xx = (status: number): boolean => status >= 400 && status < 500;
