import type { Objective } from '../slo/objectives.ts';
import { prometheusMetrics } from '../slo/prometheus-rules.ts';
import type { SloFile } from '../slo/slo-file.ts';

/** A dashboard over Prometheus: titles, and what is asked. */
export interface PromDashboard {
  readonly name: string;
  readonly title: string;
  readonly rows: readonly (readonly PromPanel[])[];
}

export interface PromPanel {
  readonly title: string;
  readonly kind: 'graph' | 'number';
  readonly unit: 'short' | 'percent' | 'ms' | 'reqps';
  readonly queries: readonly { readonly expr: string; readonly legend: string }[];
  /** A line that should not be crossed. */
  readonly limit?: number;
}

const { requests, failures, duration } = prometheusMetrics;

const graph = (
  title: string,
  unit: PromPanel['unit'],
  expr: string,
  legend: string,
): PromPanel => ({ kind: 'graph', title, unit, queries: [{ expr, legend }] });

const rate = (metric: string, by: string, where = ''): string =>
  `sum by (${by}) (rate(${metric}${where}[5m]))`;

const quantile = (metric: string, by: string, q: number, where = ''): string =>
  `histogram_quantile(${q}, ${rate(`${metric}_bucket`, `${by}, le`, where)})`;

/** What is left of every error budget, what spends it, and rate, failures and durations by tier. */
export const promServiceLevels = (
  slo: SloFile,
  objectives: readonly Objective[],
): PromDashboard => {
  const tiers = Object.keys(slo.tiers) as (keyof SloFile['tiers'])[];
  const window = `${slo.windowDays}d`;
  return {
    name: 'slo',
    title: 'Atlas: service levels and error budgets (Prometheus)',
    rows: tiers.flatMap((tier): readonly PromPanel[][] => {
      const members = objectives.filter((one) => one.tier === tier);
      const [{ budget } = { budget: Number.NaN }] = members;
      const where = `{function=~"${members.map(({ name }) => name).join('|')}"}`;
      const grown = (metric: string) =>
        `sum by (function) (increase(${metric}${where}[${window}]))`;
      const left = `100 * (1 - ${grown(failures)} / (${grown(requests)} > 0) / ${budget})`;
      const burn = `atlas:failure_ratio:increase5m${where} / ${budget}`;
      const legend = '{{function}}';
      return [
        [
          {
            kind: 'number',
            title: `${tier}, ${slo.tiers[tier].objectivePercent} %: error budget left of ${slo.windowDays} days`,
            unit: 'percent',
            queries: [{ expr: left, legend }],
          },
        ],
        [
          { ...graph(`${tier}: burn rate over five minutes`, 'short', burn, legend), limit: 1 },
          graph(`${tier}: requests`, 'reqps', rate(requests, 'function', where), legend),
        ],
        [
          graph(`${tier}: failures`, 'reqps', rate(failures, 'function', where), legend),
          graph(`${tier}: p95`, 'ms', quantile(duration, 'function', 0.95, where), legend),
        ],
      ];
    }),
  };
};

/** What Atlas depends on, and what waits. */
export const promOperations = (): PromDashboard => ({
  name: 'operations',
  title: 'Atlas: dependencies, outboxes and consumers (Prometheus)',
  rows: [
    [
      graph('Calls', 'reqps', rate('atlas_dependency_calls_total', 'dependency'), '{{dependency}}'),
      graph(
        'Calls that failed',
        'reqps',
        rate('atlas_dependency_failures_total', 'dependency'),
        '{{dependency}}',
      ),
    ],
    [
      graph(
        'Calls: p95',
        'ms',
        quantile('atlas_dependency_duration_milliseconds', 'dependency', 0.95),
        '{{dependency}}',
      ),
      graph(
        'Breakers: 1 is open',
        'short',
        'max by (dependency) (atlas_breaker_open)',
        '{{dependency}}',
      ),
    ],
    [
      graph('Outbox: waiting', 'short', 'max by (shard) (atlas_outbox_waiting)', 'shard {{shard}}'),
      graph(
        'Outbox: oldest',
        'ms',
        'max by (shard) (atlas_outbox_oldest_age_milliseconds)',
        'shard {{shard}}',
      ),
    ],
    [
      graph('Outbox: parked', 'short', 'max by (shard) (atlas_outbox_parked)', 'shard {{shard}}'),
      graph(
        'Consumers: records behind',
        'short',
        'max by (group, topic) (atlas_consumer_lag_records)',
        '{{group}}: {{topic}}',
      ),
    ],
    [
      graph('Transfers', 'reqps', rate('atlas_transfers_total', 'asset'), '{{asset}}'),
      graph(
        'Refusals',
        'reqps',
        rate('atlas_refusals_total', 'function, problem'),
        '{{function}}: {{problem}}',
      ),
    ],
  ],
});

const pageWidth = 24;
const panelHeight = 8;
/** As localstack/monitoring provisions it. */
export const prometheusDatasource = { type: 'prometheus', uid: 'atlas-prometheus' } as const;

const optionsOf = (kind: PromPanel['kind']) =>
  kind === 'number'
    ? { type: 'stat', options: { reduceOptions: { calcs: ['lastNotNull'] } } }
    : { type: 'timeseries' };

/** A dashboard as Grafana is provisioned with it. */
export const grafanaOverPrometheus = ({ name, title, rows }: PromDashboard) => ({
  uid: `atlas-prometheus-${name}`,
  title,
  tags: ['atlas'],
  schemaVersion: 39,
  time: { from: 'now-1h', to: 'now' },
  refresh: '15s',
  panels: rows.flatMap((row, y) =>
    row.map(({ kind, title: panelTitle, unit, queries, limit }, x) => {
      const w = pageWidth / row.length;
      return {
        title: panelTitle,
        gridPos: { x: x * w, y: y * panelHeight, w, h: panelHeight },
        datasource: prometheusDatasource,
        ...optionsOf(kind),
        targets: queries.map(({ expr, legend }, i) => ({
          refId: `q${i}`,
          datasource: prometheusDatasource,
          expr,
          legendFormat: legend,
        })),
        fieldConfig: {
          defaults: {
            unit,
            ...(limit === undefined
              ? {}
              : {
                  custom: { thresholdsStyle: { mode: 'line' } },
                  thresholds: {
                    mode: 'absolute',
                    steps: [
                      { color: 'green', value: null },
                      { color: 'red', value: limit },
                    ],
                  },
                }),
          },
          overrides: [],
        },
      };
    }),
  ),
});
