/** A metric of CloudWatch that tells something of one function. */
export interface MetricSource {
  /** In expressions. */
  readonly id: string;
  readonly namespace: 'Atlas' | 'AWS/Lambda';
  readonly metricName: string;
  /** The dimension that names the function; in AWS/Lambda by its full name. */
  readonly dimension: 'endpoint' | 'function' | 'FunctionName';
}

/** What counts, what of it is a failure, and how long it took. */
export interface Indicator {
  /** What is counted, for people. */
  readonly counts: string;
  readonly requests: readonly MetricSource[];
  readonly failures: readonly MetricSource[];
  readonly durationMs: MetricSource;
}

export type IndicatorKind = 'endpoint' | 'stream' | 'queue' | 'scheduled';

const ofLambda = (id: string, metricName: string): MetricSource => ({
  id,
  namespace: 'AWS/Lambda',
  metricName,
  dimension: 'FunctionName',
});
const ofEndpoint = (id: string, metricName: string): MetricSource => ({
  id,
  namespace: 'Atlas',
  metricName,
  dimension: 'endpoint',
});
const ofRun = (id: string, metricName: string): MetricSource => ({
  id,
  namespace: 'Atlas',
  metricName,
  dimension: 'function',
});

const invocations = ofLambda('invocations', 'Invocations');
/** A crash, a time-out, memory, an initialisation that failed: the function itself tells nothing. */
const crashes = ofLambda('crashes', 'Errors');
/** Not in Invocations: the function was not even started. */
const throttles = ofLambda('throttles', 'Throttles');
const runDuration = ofLambda('duration', 'Duration');

/**
 * An endpoint answers its own failures, so that its 5xx and its crashes never are the same request.
 * Streams and queues count what they handle: a batch with a failure in it is not a failure of Lambda.
 */
export const indicatorOf: Readonly<Record<IndicatorKind, Indicator>> = {
  endpoint: {
    counts: 'requests',
    requests: [invocations, throttles],
    failures: [ofEndpoint('faults', 'Faults'), crashes, throttles],
    durationMs: ofEndpoint('duration', 'LatencyMs'),
  },
  stream: {
    counts: 'records',
    requests: [
      ofRun('applied', 'RecordsApplied'),
      ofRun('ignored', 'RecordsIgnored'),
      ofRun('failed', 'RecordsFailed'),
      crashes,
      throttles,
    ],
    failures: [ofRun('failed', 'RecordsFailed'), crashes, throttles],
    durationMs: runDuration,
  },
  queue: {
    counts: 'messages',
    requests: [
      ofRun('handled', 'MessagesHandled'),
      ofRun('failed', 'MessagesFailed'),
      crashes,
      throttles,
    ],
    failures: [ofRun('failed', 'MessagesFailed'), crashes, throttles],
    durationMs: runDuration,
  },
  scheduled: {
    counts: 'runs',
    requests: [invocations, throttles],
    failures: [crashes, throttles],
    durationMs: runDuration,
  },
};
