import { type Query, withIdSuffix } from '../slo/query.ts';
import type { Dashboard, Panel } from './dashboard.ts';

const pageWidth = 24;
const panelHeight = 8;
const daySeconds = 86_400;
const datasource = { type: 'cloudwatch', uid: '$datasource' };

interface Target {
  readonly refId: string;
  readonly id: string;
  readonly hide: boolean;
  readonly [setting: string]: unknown;
}

/** One query, behind those that its expression is made of. */
const targetsOf = (query: Query, id: string, hide: boolean, period: string): readonly Target[] => {
  const common = {
    refId: id,
    id,
    hide,
    datasource,
    region: 'default',
    queryMode: 'Metrics',
    period,
    label: query.label ?? '',
  };
  if (!('expression' in query)) {
    const { namespace, metricName, dimensions, statistic } = query;
    const metric = { namespace, metricName, dimensions, statistic, matchExact: true };
    return [{ ...common, ...metric, metricQueryType: 0, metricEditorMode: 0, expression: '' }];
  }
  const parts = Object.entries(query.using).flatMap(([part, one]) =>
    targetsOf(one, part, true, period),
  );
  const math = { metricQueryType: 0, metricEditorMode: 1, expression: query.expression };
  return [...parts, { ...common, ...math }];
};

/** Parts that two expressions share, or one uses twice, are asked for once. */
const once = (targets: readonly Target[]): readonly Target[] => [
  ...new Map(targets.map((target) => [target.id, target])).values(),
];

/** A period is as long as Grafana finds right, unless it is the whole of so many days. */
const allTargets = (queries: readonly Query[], days?: number): readonly Target[] => {
  const period = days === undefined ? '' : String(days * daySeconds);
  return once(
    queries.flatMap((query, i) => targetsOf(withIdSuffix(query, `_${i}`), `q${i}`, false, period)),
  );
};

const bodyOf = (panel: Panel) => {
  switch (panel.kind) {
    case 'text':
      return { type: 'text', options: { mode: 'markdown', content: panel.lines.join('\n') } };
    case 'number':
      return {
        type: 'stat',
        datasource,
        targets: allTargets(panel.values, panel.days),
        options: { reduceOptions: { calcs: ['lastNotNull'] } },
        ...(panel.days === undefined ? {} : { timeFrom: `${panel.days}d` }),
      };
    case 'graph': {
      const right = (panel.right ?? []).map(({ label = '' }) => ({
        matcher: { id: 'byName', options: label },
        properties: [{ id: 'custom.axisPlacement', value: 'right' }],
      }));
      const steps = [{ color: 'green', value: null }];
      const { limit } = panel;
      return {
        type: 'timeseries',
        datasource,
        targets: allTargets([...panel.left, ...(panel.right ?? [])]),
        fieldConfig: {
          defaults:
            limit === undefined
              ? {}
              : {
                  custom: { thresholdsStyle: { mode: 'line' } },
                  thresholds: {
                    mode: 'absolute',
                    steps: [...steps, { color: 'red', value: limit.value }],
                  },
                },
          overrides: right,
        },
      };
    }
  }
};

/** A dashboard as Grafana imports it, over its own data source for CloudWatch. */
export const grafanaDashboard = (dashboard: Dashboard) => ({
  uid: `atlas-${dashboard.name}`,
  title: dashboard.title,
  tags: ['atlas'],
  schemaVersion: 39,
  time: { from: 'now-6h', to: 'now' },
  refresh: '1m',
  templating: { list: [{ name: 'datasource', type: 'datasource', query: 'cloudwatch' }] },
  panels: dashboard.rows.flatMap((row, y) =>
    row.map((panel, x) => {
      const w = pageWidth / row.length;
      return {
        title: panel.title,
        gridPos: { x: x * w, y: y * panelHeight, w, h: panelHeight },
        ...bodyOf(panel),
      };
    }),
  ),
});
