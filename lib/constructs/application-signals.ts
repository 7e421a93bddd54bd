import { CfnServiceLevelObjective } from 'aws-cdk-lib/aws-applicationsignals';
import type { Construct } from 'constructs';
import { names } from '../names.ts';
import { minutesIn } from '../slo/durations.ts';
import type { MetricSource } from '../slo/indicators.ts';
import { indicatorFor, type Objective } from '../slo/objectives.ts';
import { placeOf } from '../slo/sli.ts';
import type { SloFile } from '../slo/slo-file.ts';
import type { AwsStage } from '../stage.ts';

/**
 * An objective for the pages of Application Signals: what is asked for and what fails are the metrics
 * of the alarms. Alarms do not depend on it. The account must have Application Signals enabled once.
 */
export const addObjective = (
  scope: Construct,
  stage: AwsStage,
  slo: SloFile,
  objective: Objective,
): void => {
  const { requests, failures, counts } = indicatorFor(objective);
  // Ids differ within the whole objective.
  const queries = (sum: 'asked' | 'failed', sources: readonly MetricSource[]) => [
    ...sources.map((source) => ({
      id: `${sum}_${source.id}`,
      returnData: false,
      metricStat: metricStat(stage, objective.name, source),
    })),
    {
      id: sum,
      returnData: true,
      expression: sources.map(({ id }) => `FILL(${sum}_${id}, 0)`).join(' + '),
    },
  ];
  const windows = new Set(
    Object.values(slo.burnRates).flatMap((rates) =>
      rates.flatMap(({ long, short }) => [long, short]),
    ),
  );
  new CfnServiceLevelObjective(scope, `${objective.name}-objective`, {
    name: names(stage).function(objective.name),
    description: `${objective.objectivePercent} % of the ${counts} of ${objective.name}`,
    requestBasedSli: {
      requestBasedSliMetric: {
        totalRequestCountMetric: queries('asked', requests),
        monitoredRequestCountMetric: { badCountMetric: queries('failed', failures) },
      },
    },
    goal: {
      attainmentGoal: objective.objectivePercent,
      interval: { rollingInterval: { duration: slo.windowDays, durationUnit: 'DAY' } },
    },
    burnRateConfigurations: [...windows].map((window) => ({
      lookBackWindowMinutes: minutesIn(window),
    })),
  });
};

const metricStat = (stage: AwsStage, name: string, source: MetricSource) => {
  const { namespace, metricName, dimensions } = placeOf(stage, name, source);
  return {
    metric: {
      namespace,
      metricName,
      dimensions: Object.entries(dimensions).map(([key, value]) => ({ name: key, value })),
    },
    period: 60,
    stat: 'Sum',
  };
};
