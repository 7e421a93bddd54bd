import { queues } from '../../functions/manifest.ts';
import { metricCatalogue } from '../../layers/domain/src/metrics/metric-catalogue.ts';
import type { MetricCatalogue } from '../../layers/domain/src/metrics/metric-definition.ts';
import { names } from '../names.ts';
import type { Objective } from '../slo/objectives.ts';
import { labelled, type MetricQuery } from '../slo/query.ts';
import { sliOf } from '../slo/sli.ts';
import type { Stage } from '../stage.ts';
import type { Dashboard, GraphPanel } from './dashboard.ts';

/** A metric that a function publishes in the line of a run. */
const publishedBy = (name: string, metricName: string): MetricQuery => ({
  namespace: 'Atlas',
  metricName,
  dimensions: { service: 'atlas', function: name },
  statistic: 'Maximum',
  label: metricName,
});

/** The panels that the catalogue has, each with the metrics that name it: times on the right axis. */
const workPanels = (catalogue: MetricCatalogue): readonly GraphPanel[] => {
  const shown = Object.entries(catalogue).flatMap(([metric, { panel, unit }]) =>
    (panel?.by ?? []).map((name) => {
      const query = publishedBy(name, metric);
      return {
        title: panel?.title ?? '',
        unit,
        // Of what several publish, each says who it is.
        query: panel?.by.length === 1 ? query : labelled(query, `${metric} of ${name}`),
      };
    }),
  );
  return [...Map.groupBy(shown, ({ title }) => title)].map(([title, members]) => {
    const on = (isTime: boolean) =>
      members.filter(({ unit }) => (unit === 'milliseconds') === isTime).map(({ query }) => query);
    const right = on(true);
    return { kind: 'graph', title, left: on(false), ...(right.length === 0 ? {} : { right }) };
  });
};

/** What is asked of Atlas, what fails, and what waits. */
export const overview = (
  stage: Stage,
  objectives: readonly Objective[],
  catalogue: MetricCatalogue = metricCatalogue,
): Dashboard => {
  const critical = objectives.filter(
    ({ tier, kind }) => tier === 'critical' && kind === 'endpoint',
  );
  const of = (what: 'requests' | 'failures') =>
    critical.map((one) => labelled(sliOf(stage, one)[what], one.name));
  const messagesOn = (queue: string): MetricQuery => ({
    namespace: 'AWS/SQS',
    metricName: 'ApproximateNumberOfMessagesVisible',
    dimensions: { QueueName: queue },
    statistic: 'Maximum',
    label: queue,
  });
  const name = names(stage);
  const waiting = [
    messagesOn(name.failuresQueue),
    ...queues.flatMap(({ queue }) => [
      messagesOn(name.queue(queue)),
      messagesOn(name.deadLetterQueue(queue)),
    ]),
  ];
  return {
    name: 'atlas',
    title: 'Atlas: overview',
    rows: [
      [
        { kind: 'graph', title: 'Critical endpoints: requests', left: of('requests') },
        { kind: 'graph', title: 'Critical endpoints: failures', left: of('failures') },
      ],
      ...workPanels(catalogue).map((panel) => [panel]),
      [{ kind: 'graph', title: 'Queues: messages that wait, and dead letters', left: waiting }],
    ],
  };
};
