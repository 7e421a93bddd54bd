import { MetricStreams } from './metric-streams.ts';

/** How an endpoint fails: it answers 5xx, it dies without a word, or it is not even started. */
export const failureModes = ['faults', 'crashes', 'throttles'] as const;
export type FailureMode = (typeof failureModes)[number];

export interface EndpointTraffic {
  readonly requests: ArrayLike<number>;
  /** Of the requests of each minute. */
  readonly failures: ArrayLike<number>;
  readonly mode: FailureMode;
  /** How long answers take, by the minute. */
  readonly latencyMs?: (minute: number) => number;
}

/**
 * What Lambda and the endpoint itself publish of such traffic. A request that is throttled is no
 * invocation, and one that crashed has told nothing.
 */
export const endpointMetrics = (
  stage: string,
  endpoint: string,
  { requests, failures, mode, latencyMs = () => 20 }: EndpointTraffic,
): MetricStreams => {
  const streams = new MetricStreams();
  const none = new Float64Array(requests.length);
  const ofLambda = (metricName: string) => ({
    namespace: 'AWS/Lambda',
    metricName,
    dimensions: { FunctionName: `atlas-${stage}-${endpoint}` },
  });
  const ofAtlas = (metricName: string) => ({
    namespace: 'Atlas',
    metricName,
    dimensions: { service: 'atlas', endpoint },
  });
  const without = (minute: number) => (requests[minute] ?? 0) - (failures[minute] ?? 0);
  const started =
    mode === 'throttles' ? Float64Array.from(none, (_, minute) => without(minute)) : requests;
  streams.count(ofLambda('Invocations'), started);
  streams.count(ofLambda('Throttles'), mode === 'throttles' ? failures : none);
  streams.count(ofLambda('Errors'), mode === 'crashes' ? failures : none);
  streams.count(ofAtlas('Faults'), mode === 'faults' ? failures : none);
  streams.durations(
    ofAtlas('LatencyMs'),
    Array.from({ length: requests.length }, (_, minute) => [
      mode === 'faults' ? (requests[minute] ?? 0) : without(minute),
      latencyMs(minute),
    ]),
  );
  return streams;
};
