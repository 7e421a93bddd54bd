import type { ToldMetrics } from './metric-store.ts';

/** The series of the whole fleet: counts are added up over the sources, of measures each has its own. */
export const fleetSeries = (told: readonly ToldMetrics[]): ReadonlyMap<string, number> => {
  const series = new Map<string, number>();
  for (const { kind, values } of told) {
    for (const [key, value] of values) {
      series.set(key, kind === 'counts' ? (series.get(key) ?? 0) + value : value);
    }
  }
  return series;
};
