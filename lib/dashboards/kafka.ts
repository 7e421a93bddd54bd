import { consumers, topics } from '../../functions/manifest.ts';
import { names } from '../names.ts';
import type { MetricQuery } from '../slo/query.ts';
import type { Stage } from '../stage.ts';
import type { Dashboard, GraphPanel } from './dashboard.ts';

/** What goes through each topic, and how far behind each consumer is. */
export const kafka = (stage: Stage): Dashboard => {
  const cluster = { 'Cluster Name': names(stage).stack('events') };
  const perTopic = (title: string, metricName: string): GraphPanel => ({
    kind: 'graph',
    title,
    left: topics.map(
      ({ name }): MetricQuery => ({
        namespace: 'AWS/Kafka',
        metricName,
        dimensions: { ...cluster, Topic: name },
        statistic: 'Sum',
        label: name,
      }),
    ),
  });
  const perConsumer = (title: string, metricName: string): GraphPanel => ({
    kind: 'graph',
    title,
    left: consumers.map(
      ({ group, topic }): MetricQuery => ({
        namespace: 'AWS/Kafka',
        metricName,
        dimensions: { ...cluster, 'Consumer Group': group, Topic: topic },
        statistic: 'Maximum',
        label: group,
      }),
    ),
  });
  const perFunction = (title: string, metricName: string): GraphPanel => ({
    kind: 'graph',
    title,
    left: consumers.map(
      ({ name }): MetricQuery => ({
        namespace: 'Atlas',
        metricName,
        dimensions: { service: 'atlas', function: name },
        statistic: 'Sum',
        label: name,
      }),
    ),
  });
  return {
    name: 'kafka',
    title: 'Atlas: Kafka',
    rows: [
      [
        perTopic('Messages in, a second', 'MessagesInPerSec'),
        perTopic('Bytes in, a second', 'BytesInPerSec'),
      ],
      [
        perConsumer('Lag, in records', 'SumOffsetLag'),
        perConsumer('Lag, in seconds', 'EstimatedMaxTimeLag'),
      ],
      [
        perFunction('Records applied', 'RecordsApplied'),
        perFunction('Records that failed', 'RecordsFailed'),
      ],
    ],
  };
};
