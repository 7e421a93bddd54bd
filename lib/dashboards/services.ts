import { indicatorFor, type Objective } from '../slo/objectives.ts';
import { labelled } from '../slo/query.ts';
import { sliOf } from '../slo/sli.ts';
import type { Stage } from '../stage.ts';
import type { Dashboard } from './dashboard.ts';

const rowOf = (stage: Stage, objective: Objective): Dashboard['rows'][number] => {
  const { name, latencyMs } = objective;
  const { counts } = indicatorFor(objective);
  const { requests, failures, percentiles } = sliOf(stage, objective);
  return [
    {
      kind: 'graph',
      title: `${name}: ${counts}, failures`,
      left: [labelled(requests, counts)],
      right: [labelled(failures, 'failures')],
    },
    {
      kind: 'graph',
      title: `${name}: p50, p95, p99`,
      left: Object.entries(percentiles).map(([one, query]) => labelled(query, one)),
      limit: { value: latencyMs.p99, label: 'objective of p99' },
    },
  ];
};

/** Rate, failures and durations: of the API's endpoints, and of what runs behind it. */
export const services = (
  stage: Stage,
  objectives: readonly Objective[],
): readonly [Dashboard, Dashboard] => {
  const rows = (wanted: (one: Objective) => boolean) =>
    objectives.filter(wanted).map((one) => rowOf(stage, one));
  return [
    {
      name: 'api',
      title: 'Atlas: endpoints',
      rows: rows(({ kind }) => kind === 'endpoint'),
    },
    {
      name: 'background',
      title: 'Atlas: consumers, relays and jobs',
      rows: rows(({ kind }) => kind !== 'endpoint'),
    },
  ];
};
