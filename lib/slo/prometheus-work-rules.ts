import { metricCatalogue } from '../../layers/domain/src/metrics/metric-catalogue.ts';
import type { AlertingRule } from './prometheus-rule-file.ts';
import { type WorkAlarm, workAlarms } from './work-alarms.ts';

const pascal = (id: string): string =>
  id.replaceAll(/(?:^|-)(\w)/g, (_, first: string) => first.toUpperCase());

/** A job that does not run adds to no count of its runs; what it measured is forgotten after five minutes. */
const silent = (by: string): string => `increase(atlas_requests_total{function="${by}"}[5m]) == 0`;

const exprOf = ({ metric, by, threshold, silence }: WorkAlarm): string => {
  const { prometheus = '', kind, labels, over } = metricCatalogue[metric];
  const series = labels.includes('function') ? `${prometheus}{function="${by}"}` : prometheus;
  const value = kind === 'counter' ? `increase(${series}[5m])` : series;
  const beyond = `${over === 'sum' ? `sum(${value})` : value} > ${threshold}`;
  return silence === 'well' ? beyond : `(${beyond})\nor\n(${silent(by)})`;
};

/** What the alarms on the work of jobs mean, for Prometheus. */
export const prometheusWorkRules = (): readonly AlertingRule[] =>
  workAlarms.map((alarm) => ({
    alert: `Atlas${pascal(alarm.id)}`,
    expr: exprOf(alarm),
    labels: { severity: 'page' },
    annotations: {
      summary: `${alarm.id}, by what ${alarm.by} tells`,
      runbook: `docs/runbooks/${alarm.id}.md`,
    },
  }));
