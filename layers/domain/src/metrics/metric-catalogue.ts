import { businessMetrics } from './business-metrics.ts';
import { dependencyMetrics } from './dependency-metrics.ts';
import type { MetricCatalogue, MetricDefinition } from './metric-definition.ts';
import { requestMetrics } from './request-metrics.ts';
import { workMetrics } from './work-metrics.ts';

export { requestMetrics };

const rows = {
  ...requestMetrics,
  ...dependencyMetrics,
  ...businessMetrics,
  ...workMetrics,
} as const;

/** What a consumer, relay or job may count or measure. */
export type WorkMetric = keyof typeof workMetrics;

export type MetricName = keyof typeof rows;

/** Every metric there is. A new one is a row here, and a call. */
export const metricCatalogue: Readonly<Record<MetricName, MetricDefinition>> & MetricCatalogue =
  rows;
