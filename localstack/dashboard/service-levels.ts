import { minutesIn } from '../../lib/slo/durations.ts';
import type { Objective } from '../../lib/slo/objectives.ts';
import { prometheusMetrics } from '../../lib/slo/prometheus-rules.ts';
import type { SloFile } from '../../lib/slo/slo-file.ts';
import type { FunctionState, TierState, Verdict } from './dashboard-state.ts';
import type { Window } from './window.ts';

/** What "a second" is taken over: long enough to be steady, short enough to be now. */
export const recentMs = 60_000;

/** As the error budget of lib/slo/sli.ts: 100 when nothing failed, below 0 when more did than may. */
const budgetLeft = (requests: number, failures: number, budget: number): number | null =>
  requests === 0 ? null : 100 * (1 - failures / (requests * budget));

const percentiles = ['p50', 'p95', 'p99'] as const;
const quantiles = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;

const functionState = (
  window: Window,
  isKnown: boolean,
  latencyWindowMs: number,
  objective: Objective,
): FunctionState => {
  const { name, kind, budget, latencyMs: objectiveMs, leastSamples } = objective;
  const labels = { function: name };
  const perSecond = (metric: string) => window.perSecond(metric, labels, recentMs);
  const quantile = (q: number) =>
    window.quantile(prometheusMetrics.duration, labels, latencyWindowMs, q);
  const requests = window.total(prometheusMetrics.requests, labels);
  const failures = window.total(prometheusMetrics.failures, labels);
  const left = budgetLeft(requests, failures, budget);
  const latencyMs = {
    p50: quantile(quantiles.p50),
    p95: quantile(quantiles.p95),
    p99: quantile(quantiles.p99),
  };
  const samples = window.observations(prometheusMetrics.duration, labels, latencyWindowMs);
  const isSlow = percentiles.some(
    (one) => samples >= leastSamples[one] && (latencyMs[one] ?? 0) > objectiveMs[one],
  );
  const verdict = (): Verdict => {
    if (!isKnown) return 'unknown';
    if (left === null) return 'no traffic';
    if (left < 0) return 'overspent';
    return isSlow ? 'slow' : 'kept';
  };
  return {
    name,
    kind,
    requestsPerSecond: perSecond(prometheusMetrics.requests),
    failuresPerSecond: perSecond(prometheusMetrics.failures),
    refusalsPerSecond: perSecond('atlas_refusals_total'),
    latencyMs,
    objectiveMs,
    requests,
    failures,
    budgetLeftPercent: left,
    verdict: verdict(),
  };
};

/** Each tier’s objective against what was seen of its functions in the time that is kept. */
export const tierStates = (
  window: Window,
  isKnown: boolean,
  slo: SloFile,
  objectives: readonly Objective[],
): readonly TierState[] =>
  (Object.keys(slo.tiers) as (keyof SloFile['tiers'])[]).map((tier) => {
    const latencyWindowMs = minutesIn(slo.latency.window) * 60_000;
    const members = objectives.filter((one) => one.tier === tier);
    const functions = members.map((one) => functionState(window, isKnown, latencyWindowMs, one));
    const requests = functions.reduce((sum, one) => sum + one.requests, 0);
    const failures = functions.reduce((sum, one) => sum + one.failures, 0);
    const [{ budget } = { budget: Number.NaN }] = members;
    return {
      tier,
      objectivePercent: slo.tiers[tier].objectivePercent,
      keptPercent: requests === 0 ? null : 100 * (1 - failures / requests),
      budgetLeftPercent: budgetLeft(requests, failures, budget),
      functions,
    };
  });
