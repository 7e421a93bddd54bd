import type { MetricCatalogue } from './metric-definition.ts';

/** Rate, errors and durations of each function (RED). */
export const requestMetrics = {
  Requests: {
    kind: 'counter',
    unit: 'count',
    labels: ['function'],
    prometheus: 'atlas_requests_total',
    cloudWatch: 'line',
    help: 'Requests answered, records or messages handled, or runs, by function.',
  },
  Faults: {
    kind: 'counter',
    unit: 'count',
    labels: ['function'],
    prometheus: 'atlas_failures_total',
    cloudWatch: 'line',
    help: 'What of them failed by our fault.',
  },
  Refusals: {
    kind: 'counter',
    unit: 'count',
    labels: ['function', 'problem'],
    prometheus: 'atlas_refusals_total',
    cloudWatch: 'line',
    help: 'Requests answered with a problem that is not our fault, by its code.',
  },
  LatencyMs: {
    kind: 'histogram',
    unit: 'milliseconds',
    labels: ['function'],
    prometheus: 'atlas_duration_milliseconds',
    cloudWatch: 'line',
    help: 'How long requests and runs took, by function.',
  },
  DurationMs: {
    kind: 'gauge',
    unit: 'milliseconds',
    labels: ['function'],
    cloudWatch: 'line',
    help: 'How long a run took.',
  },
} as const satisfies MetricCatalogue;
