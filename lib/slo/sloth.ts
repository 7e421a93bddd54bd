import { indicatorFor, type Objective } from './objectives.ts';
import { prometheusMetrics } from './prometheus-rules.ts';
import type { SloFile } from './slo-file.ts';

/** The objectives as Sloth takes them (prometheus/v1), which makes rules of its own from them. */
export const slothFile = (slo: SloFile, objectives: readonly Objective[]) => ({
  version: 'prometheus/v1',
  service: 'atlas',
  labels: { window: `${slo.windowDays}d` },
  slos: objectives.map((objective) => {
    const { name, tier, objectivePercent } = objective;
    const rate = (metric: string) => `sum(rate(${metric}{function="${name}"}[{{.window}}]))`;
    return {
      name,
      objective: objectivePercent,
      description: `${objectivePercent} % of the ${indicatorFor(objective).counts} of ${name}`,
      labels: { tier },
      sli: {
        events: {
          error_query: rate(prometheusMetrics.failures),
          total_query: rate(prometheusMetrics.requests),
        },
      },
      alerting: {
        name: `Atlas ${name}`,
        page_alert: {
          labels: { severity: 'page' },
          annotations: { runbook: 'docs/runbooks/error-budget-burn.md' },
        },
        ticket_alert: {
          labels: { severity: 'ticket' },
          annotations: { runbook: 'docs/runbooks/error-budget-spent.md' },
        },
      },
    };
  }),
});
