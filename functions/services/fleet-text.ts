import {
  type CallContext,
  fleetSeries,
  metricCatalogue,
  type OpenBreaker,
  prometheusText,
  seriesKey,
  seriesOf,
} from '@atlas/domain';
import { awsConfig, breakersConfig } from '@atlas/runtime';
import { services } from '../manifest.ts';
import { metricStore } from './fleet-metrics.ts';
import { guardOf } from './guards.ts';
import { once } from './once.ts';

/** Longer than any window of a breaker; after that nobody asked the dependency again, and nothing is known. */
const forgottenMs = 60_000;

const openBreakers = once(async () => {
  const { ATLAS_BREAKERS_TABLE: table } = breakersConfig();
  if (table === undefined) return undefined;
  const { dynamoOpenBreakers } = await import('@atlas/dynamodb');
  const { AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = awsConfig();
  return dynamoOpenBreakers({ table, region, endpoint, guard: guardOf('dynamodb', 'metrics') });
});

/**
 * The counts that every function of the manifest has, at 0 where nothing was told: the first failure of a series
 * that begins with it is an increase that Prometheus would not see.
 */
const zeros = (): ReadonlyMap<string, number> =>
  new Map(
    services.flatMap(({ name }) => [
      [seriesKey('Requests', name), 0],
      [seriesKey('Faults', name), 0],
    ]),
  );

/** Of each dependency that was called, whether it is left alone. */
const breakerSeries = (
  series: ReadonlyMap<string, number>,
  open: ReadonlyMap<string, OpenBreaker>,
  nowMs: number,
): ReadonlyMap<string, number> => {
  const called = [...series.keys()]
    .map(seriesOf)
    .flatMap(({ metric, values: [name] }) => (metric === 'DependencyCalls' ? (name ?? []) : []));
  const isOpen = (name: string) => (open.get(name)?.openUntilMs ?? 0) + forgottenMs > nowMs;
  return new Map(called.map((name) => [seriesKey('BreakerOpen', name), Number(isOpen(name))]));
};

/** What the fleet counted and measured, in the text format of Prometheus. */
export const fleetText = async (context: CallContext): Promise<string> => {
  const [told = [], open = new Map<string, OpenBreaker>()] = await Promise.all([
    metricStore()?.readAll(context),
    openBreakers().then((read) => read?.(context)),
  ]);
  const series = fleetSeries(told);
  const all = [...zeros(), ...series, ...breakerSeries(series, open, Date.now())];
  return prometheusText(metricCatalogue, new Map(all));
};
