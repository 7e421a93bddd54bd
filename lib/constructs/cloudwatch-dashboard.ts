import { Duration } from 'aws-cdk-lib';
import {
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  SingleValueWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { Dashboard, Panel } from '../dashboards/dashboard.ts';
import { names } from '../names.ts';
import { type Query, withIdSuffix } from '../slo/query.ts';
import type { Stage } from '../stage.ts';
import { cloudWatchMetric } from './cloudwatch-metric.ts';

const pageWidth = 24;
const period = Duration.minutes(5);
/** CloudWatch keeps values of an hour for 455 days, those of five minutes for 63. */
const longPeriod = Duration.hours(1);

const metricsOf = (queries: readonly Query[], side: string, length: Duration): IMetric[] =>
  queries.map((one, i) => cloudWatchMetric(withIdSuffix(one, `_${side}${i}`), length));

const widgetOf = (panel: Panel, width: number): IWidget => {
  switch (panel.kind) {
    case 'text':
      return new TextWidget({
        width,
        height: 1 + panel.lines.length,
        markdown: [`**${panel.title}**`, '', ...panel.lines].join('\n'),
      });
    case 'number':
      return new SingleValueWidget({
        title: panel.title,
        width,
        height: 3 * Math.ceil(panel.values.length / 6),
        metrics: metricsOf(panel.values, 'v', panel.days === undefined ? period : longPeriod),
        ...(panel.days === undefined
          ? {}
          : { setPeriodToTimeRange: true, start: `-P${panel.days}D`, end: 'P0D' }),
      });
    case 'graph':
      return new GraphWidget({
        title: panel.title,
        width,
        left: metricsOf(panel.left, 'l', period),
        right: metricsOf(panel.right ?? [], 'r', period),
        ...(panel.limit === undefined ? {} : { leftAnnotations: [{ ...panel.limit }] }),
      });
  }
};

/** A dashboard in CloudWatch. */
export const addDashboard = (scope: Construct, stage: Stage, dashboard: Dashboard): void => {
  new CloudWatchDashboard(scope, dashboard.name, {
    dashboardName: names(stage).stack(dashboard.name),
    widgets: dashboard.rows.map((row) =>
      row.map((panel) => widgetOf(panel, pageWidth / row.length)),
    ),
  });
};
