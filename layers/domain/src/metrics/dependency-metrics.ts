import type { MetricCatalogue } from './metric-definition.ts';

/** Utilisation, saturation and errors of each dependency (USE), as its callers see them. */
export const dependencyMetrics = {
  DependencyCalls: {
    kind: 'counter',
    unit: 'count',
    labels: ['dependency'],
    prometheus: 'atlas_dependency_calls_total',
    cloudWatch: 'told',
    help: 'Calls that were let through to a dependency, each attempt by itself.',
  },
  DependencyFailures: {
    kind: 'counter',
    unit: 'count',
    labels: ['dependency'],
    prometheus: 'atlas_dependency_failures_total',
    cloudWatch: 'told',
    help: 'Calls that a dependency did not answer.',
  },
  DependencyOverloads: {
    kind: 'counter',
    unit: 'count',
    labels: ['dependency'],
    prometheus: 'atlas_dependency_overloads_total',
    cloudWatch: 'told',
    help: 'Calls that found no place before a dependency, or waited too long for a lock in it.',
  },
  DependencyWaitedMs: {
    kind: 'counter',
    unit: 'milliseconds',
    labels: ['dependency'],
    prometheus: 'atlas_dependency_waited_milliseconds_total',
    cloudWatch: 'told',
    help: 'How long calls waited for a place before a dependency: a thousand a second is one that always waits.',
  },
  DependencyMs: {
    kind: 'histogram',
    unit: 'milliseconds',
    labels: ['dependency'],
    prometheus: 'atlas_dependency_duration_milliseconds',
    cloudWatch: 'told',
    help: 'How long calls of a dependency took, with the wait for a place.',
  },
  BreakerOpen: {
    kind: 'gauge',
    unit: 'count',
    labels: ['dependency'],
    prometheus: 'atlas_breaker_open',
    cloudWatch: 'line',
    help: 'Whether the fleet leaves a dependency alone.',
  },
} as const satisfies MetricCatalogue;
