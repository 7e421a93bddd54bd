import type { SloTier } from '../../functions/manifest.ts';
import { requestMetrics } from '../../layers/domain/src/metrics/metric-catalogue.ts';
import { minutesIn } from './durations.ts';
import type { Objective } from './objectives.ts';
import type { AlertingRule, RecordingRule, RuleFile } from './prometheus-rule-file.ts';
import { prometheusWorkRules } from './prometheus-work-rules.ts';
import type { Percentiles, Severity, SloFile } from './slo-file.ts';

/** Counters and the histogram that rules read, each with a label `function`. */
export const prometheusMetrics = {
  requests: requestMetrics.Requests.prometheus,
  failures: requestMetrics.Faults.prometheus,
  duration: requestMetrics.LatencyMs.prometheus,
} as const;

const records = (window: string): readonly RecordingRule[] => {
  const increase = (of: 'requests' | 'failures'): RecordingRule => ({
    record: `atlas:${of}:increase${window}`,
    expr: `sum by (function) (increase(${prometheusMetrics[of]}[${window}]))`,
  });
  return [
    increase('requests'),
    increase('failures'),
    {
      record: `atlas:failure_ratio:increase${window}`,
      expr: `atlas:failures:increase${window} / (atlas:requests:increase${window} > 0)`,
    },
  ];
};

const selector = (group: readonly Objective[]): string =>
  `{function=~"${group.map(({ name }) => name).join('|')}"}`;

const annotations = (summary: string, runbook: string) => ({
  summary: `{{ $labels.function }} ${summary}`,
  runbook: `docs/runbooks/${runbook}.md`,
});

/** The functions of a tier for which one comparison is enough, since its figures are the same. */
type Group = readonly [Objective, ...Objective[]];

const groupsOf = (
  objectives: readonly Objective[],
  figures: (one: Objective) => unknown,
): readonly Group[] =>
  [...Map.groupBy(objectives, (one) => JSON.stringify(figures(one))).values()].map(
    ([first, ...others]) => [first as Objective, ...others],
  );

const eitherOf = (conditions: readonly string[]): string =>
  conditions.map((one) => `(${one})`).join('\nor\n');

const burning = (slo: SloFile, severity: Severity, group: Group): readonly string[] => {
  const [{ budget, leastFailures }] = group;
  const over = (length: 'long' | 'short', window: string, burn: number): string =>
    `atlas:failure_ratio:increase${window}${selector(group)} > ${burn} * ${budget}` +
    ` and atlas:failures:increase${window} >= ${leastFailures[length]}`;
  return slo.burnRates[severity].map(
    ({ burn, long, short }) => `${over('short', short, burn)} and ${over('long', long, burn)}`,
  );
};

const down = (group: Group): string => {
  const [{ outage }] = group;
  const { failures, window } = outage;
  return (
    `atlas:failures:increase${window}${selector(group)} >= ${failures}` +
    ` and atlas:failures:increase${window} * 2 >= atlas:requests:increase${window}`
  );
};

const quantiles: Readonly<Record<keyof Percentiles, number>> = { p50: 0.5, p95: 0.95, p99: 0.99 };

const slow = (slo: SloFile, group: Group): readonly string[] => {
  const [{ latencyMs, leastSamples }] = group;
  const of = (suffix: string) =>
    `increase(${prometheusMetrics.duration}_${suffix}${selector(group)}[${slo.latency.window}])`;
  return (Object.keys(quantiles) as (keyof Percentiles)[]).map(
    (one) =>
      `histogram_quantile(${quantiles[one]}, sum by (function, le) (${of('bucket')}))` +
      ` > ${latencyMs[one]}` +
      ` and sum by (function) (${of('count')}) >= ${leastSamples[one]}`,
  );
};

const alertsOf = (
  slo: SloFile,
  tier: SloTier,
  members: readonly Objective[],
): readonly AlertingRule[] => {
  const byCount = groupsOf(members, (one) => [one.leastFailures, one.outage]);
  const byLatency = groupsOf(members, (one) => [one.latencyMs, one.leastSamples]);
  const burnt = (severity: Severity) =>
    eitherOf(byCount.flatMap((group) => burning(slo, severity, group)));
  const { window, windows } = slo.latency;
  return [
    {
      alert: 'AtlasOutage',
      expr: eitherOf(byCount.map(down)),
      labels: { severity: 'page', tier },
      annotations: annotations('fails for half of its callers or more', 'function-errors'),
    },
    {
      alert: 'AtlasErrorBudgetBurn',
      expr: burnt('page'),
      labels: { severity: 'page', tier },
      annotations: annotations('burns its error budget fast', 'error-budget-burn'),
    },
    {
      alert: 'AtlasErrorBudgetSpent',
      expr: burnt('ticket'),
      labels: { severity: 'ticket', tier },
      annotations: annotations('spends its error budget too fast', 'error-budget-spent'),
    },
    {
      alert: 'AtlasSlow',
      expr: eitherOf(byLatency.flatMap((group) => slow(slo, group))),
      for: `${minutesIn(window) * windows}m`,
      labels: { severity: 'ticket', tier },
      annotations: annotations('is slower than promised', 'function-slow'),
    },
  ];
};

/** Rules for Prometheus that mean what the alarms in CloudWatch mean. */
export const prometheusRules = (slo: SloFile, objectives: readonly Objective[]): RuleFile => {
  const rates = Object.values(slo.burnRates).flat();
  const tiers = Object.keys(slo.tiers) as SloTier[];
  const outages = objectives.map(({ outage }) => outage.window);
  const windows = [...new Set([...rates.flatMap(({ long, short }) => [long, short]), ...outages])];
  return {
    groups: [
      {
        name: 'atlas-slo-windows',
        interval: '30s',
        rules: windows.toSorted((a, b) => minutesIn(a) - minutesIn(b)).flatMap(records),
      },
      {
        name: 'atlas-slo-alerts',
        interval: '30s',
        rules: tiers.flatMap((tier) =>
          alertsOf(
            slo,
            tier,
            objectives.filter((one) => one.tier === tier),
          ),
        ),
      },
      { name: 'atlas-work-alerts', interval: '30s', rules: prometheusWorkRules() },
    ],
  };
};
