import { indicatorFor, type Objective } from '../../../lib/slo/objectives.ts';
import { placeOf } from '../../../lib/slo/sli.ts';
import { readStage } from '../../../lib/stage.ts';
import { MetricStreams } from './metric-streams.ts';

/**
 * What is published of a consumer, relay or job: the counts that are given by their ids, and nothing
 * else. Every run takes 20 ms.
 */
export const backgroundMetrics = (
  objective: Objective,
  minutes: number,
  counts: Readonly<Record<string, (minute: number) => number>>,
): MetricStreams => {
  const streams = new MetricStreams();
  const { requests, failures, durationMs } = indicatorFor(objective);
  const stage = readStage('prod');
  for (const source of [...requests, ...failures]) {
    const countOf = counts[source.id] ?? (() => 0);
    streams.count(
      placeOf(stage, objective.name, source),
      Float64Array.from({ length: minutes }, (_, minute) => countOf(minute)),
    );
  }
  streams.durations(
    placeOf(stage, objective.name, durationMs),
    Array.from({ length: minutes }, () => [1, 20]),
  );
  return streams;
};
