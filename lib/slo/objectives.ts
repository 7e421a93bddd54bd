import {
  consumers,
  endpoints,
  jobs,
  queues,
  relays,
  type SloTier,
} from '../../functions/manifest.ts';
import { type IndicatorKind, indicatorOf } from './indicators.ts';
import type { Percentiles, SloFile } from './slo-file.ts';

/** What one function of the manifest promises, and from when on somebody is told. */
export interface Objective {
  /** The function's name in the manifest. */
  readonly name: string;
  readonly kind: IndicatorKind;
  readonly tier: SloTier;
  readonly objectivePercent: number;
  /** The share of requests that may fail. */
  readonly budget: number;
  readonly latencyMs: Percentiles;
  /** With how many samples a percentile is looked at. */
  readonly leastSamples: Percentiles;
  /** With fewer failures in a window its burn rate is taken for 0. */
  readonly leastFailures: { readonly long: number; readonly short: number };
  readonly outage: { readonly failures: number; readonly window: string };
}

interface Row {
  readonly name: string;
  readonly slo: SloTier;
  readonly budgetMs: number;
  /** Of what is tried again by itself: so often one bad record or message fails. */
  readonly attempts?: number;
}

const rowsOf: Readonly<Record<IndicatorKind, readonly Row[]>> = {
  endpoint: endpoints,
  stream: consumers.map((row) => ({ ...row, attempts: row.maxAttempts })),
  queue: queues.map((row) => ({ ...row, attempts: row.maxReceives })),
  scheduled: [...relays, ...jobs],
};

/** A share without the noise of binary fractions: 99.99 leaves 0.0001. */
const budgetOf = (objectivePercent: number): number =>
  Number(((100 - objectivePercent) / 100).toPrecision(6));

const everyRun: Percentiles = { p50: 1, p95: 1, p99: 1 };

/** The objectives of all rows of the manifest; throws where the file contradicts the manifest. */
export const objectivesOf = (slo: SloFile): readonly Objective[] => {
  const objectives = (Object.keys(rowsOf) as IndicatorKind[]).flatMap((kind) =>
    rowsOf[kind].map((row) => objectiveOf(slo, kind, row)),
  );
  const known = new Set(endpoints.map(({ name }): string => name));
  for (const name of Object.keys(slo.latency.exceptions)) {
    if (!known.has(name)) throw new Error(`slo.yaml: ${name} is not an endpoint of the manifest`);
  }
  return objectives;
};

const objectiveOf = (slo: SloFile, kind: IndicatorKind, row: Row): Objective => {
  const { name, slo: tier, budgetMs, attempts = 1 } = row;
  const { objectivePercent, outage } = slo.tiers[tier];
  const { latencyMs, leastSamples } =
    kind === 'endpoint'
      ? {
          latencyMs: slo.latency.exceptions[name] ?? slo.tiers[tier].latencyMs,
          leastSamples: slo.latency.leastSamples,
        }
      : { latencyMs: sharesOf(slo.latency.backgroundShares, budgetMs), leastSamples: everyRun };
  if (latencyMs.p99 > budgetMs) {
    throw new Error(`slo.yaml: ${name} is cut off after ${budgetMs} ms, before its p99`);
  }
  return {
    name,
    kind,
    tier,
    objectivePercent,
    budget: budgetOf(objectivePercent),
    latencyMs,
    leastSamples,
    leastFailures: {
      long: slo.leastFailures.long * attempts,
      short: slo.leastFailures.short * attempts,
    },
    outage: { failures: outage.failures * attempts, window: outage.window },
  };
};

const sharesOf = (shares: Percentiles, budgetMs: number): Percentiles => ({
  p50: shares.p50 * budgetMs,
  p95: shares.p95 * budgetMs,
  p99: shares.p99 * budgetMs,
});

/** What is measured of an objective. */
export const indicatorFor = ({ kind }: Objective) => indicatorOf[kind];
