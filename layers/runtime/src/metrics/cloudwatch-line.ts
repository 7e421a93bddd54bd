import {
  type MetricName,
  type MetricUnit,
  metricCatalogue,
  seriesOf,
  sumOfDurations,
} from '@atlas/domain';
import { MetricUnit as CloudWatchUnit, Metrics } from '@aws-lambda-powertools/metrics';
import { stageConfig } from '../config.ts';
import { correlation } from '../logging/log.ts';
import { mirrorToEmulator } from './emulated-cloudwatch.ts';
import { type MetricRegistry, processMetrics } from './metric-registry.ts';

const cloudWatchUnits = {
  count: CloudWatchUnit.Count,
  milliseconds: CloudWatchUnit.Milliseconds,
  'minor-units': CloudWatchUnit.NoUnit,
} as const satisfies Readonly<Record<MetricUnit, string>>;

/** How the catalogue says that CloudWatch counts it. */
export const cloudWatchUnitOf = (metric: MetricName) =>
  cloudWatchUnits[metricCatalogue[metric].unit];

/**
 * Writes one line with values that share their dimensions; `service` is one of them always. The ids of the request and the
 * trace under way stand beside them, as properties.
 */
export const writeMetricLine = (
  dimensions: Readonly<Record<string, string>>,
  values: ReadonlyMap<MetricName, number>,
): void => {
  const stage = stageConfig();
  const metrics = new Metrics({
    namespace: stage.POWERTOOLS_METRICS_NAMESPACE,
    serviceName: stage.POWERTOOLS_SERVICE_NAME,
    defaultDimensions: { ...dimensions },
  });
  for (const [id, value] of Object.entries(correlation())) metrics.addMetadata(id, value);
  for (const [metric, value] of values) metrics.addMetric(metric, cloudWatchUnitOf(metric), value);
  metrics.publishStoredMetrics();
  mirrorToEmulator(dimensions, [...values.keys()], [...values.values()]);
};

/** Of a histogram only the sum: how long all of it took together. */
const publishedOf = (metric: MetricName, parts: readonly string[], value: number) => {
  if (metricCatalogue[metric].kind !== 'histogram') return value;
  return parts.at(-1) === sumOfDurations ? value / 1_000 : undefined;
};

const isKnown = (metric: string): metric is MetricName => metric in metricCatalogue;

/** Writes what was counted since the last time of metrics that are told together, a line for each of their labels. */
export const writeToldMetrics = (registry: MetricRegistry = processMetrics): void => {
  const lines = new Map<string, Map<MetricName, number>>();
  for (const [key, counted] of registry.take('cloudWatch')) {
    const { metric, values } = seriesOf(key);
    if (!isKnown(metric) || metricCatalogue[metric].cloudWatch !== 'told') continue;
    const value = publishedOf(metric, values, counted);
    if (value === undefined) continue;
    const dimensions = metricCatalogue[metric].labels.map((label, i) => [label, values[i] ?? '']);
    const line = JSON.stringify(dimensions);
    lines.set(line, (lines.get(line) ?? new Map<MetricName, number>()).set(metric, value));
  }
  for (const [line, values] of lines) {
    writeMetricLine(Object.fromEntries(JSON.parse(line) as [string, string][]), values);
  }
};
