import { compileAlarmRule, type Rule } from './alarm-rule.ts';
import { compileMetricMath, type Expression } from './metric-math.ts';
import type { MetricStreams } from './metric-streams.ts';

// biome-ignore lint/suspicious/noExplicitAny: resources of a template
type Properties = any;

/** A template as CloudFormation gets it. */
export interface TemplateJson {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties: Properties }>
  >;
}

const comparisons: Readonly<Record<string, (value: number, threshold: number) => boolean>> = {
  GreaterThanThreshold: (value, threshold) => value > threshold,
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
};

/** `Fn::Join` of a rule, with the logical ids of the alarms in place of their ARNs. */
const ruleText = ({ AlarmRule }: Properties): string =>
  AlarmRule['Fn::Join'][1]
    .map((part: string | { readonly 'Fn::GetAtt': readonly [string, string] }) =>
      typeof part === 'string' ? part : part['Fn::GetAtt'][0],
    )
    .join('');

type At = (minute: number) => boolean;

/** One metric alarm over streams: M of the last N periods, which slide with the minutes. */
const metricAlarm = (properties: Properties, streams: MetricStreams): At => {
  const { Metrics, Threshold, EvaluationPeriods, TreatMissingData } = properties;
  const breaches = comparisons[properties.ComparisonOperator];
  if (breaches === undefined || TreatMissingData !== 'notBreaching') {
    throw new Error(`${properties.AlarmName} is of a kind that is not simulated`);
  }
  const periods = new Set<number>(
    Metrics.flatMap((one: Properties) => one.MetricStat?.Period ?? []),
  );
  const [period] = periods;
  if (period === undefined || periods.size !== 1 || period % 60 !== 0) {
    throw new Error(`${properties.AlarmName} has metrics of different periods`);
  }
  const minutes = period / 60;
  let from = 0;
  const valueNamed = (id: string): Expression => {
    const one = Metrics.find((query: Properties) => query.Id === id);
    if (one === undefined) throw new Error(`${properties.AlarmName} has no ${id}`);
    if (one.MetricStat === undefined) return compileMetricMath(one.Expression, valueNamed);
    const { Metric, Stat } = one.MetricStat;
    const dimensions = Metric.Dimensions.map(({ Name, Value }: Properties) => [Name, Value]);
    const stream = streams.find({
      namespace: Metric.Namespace,
      metricName: Metric.MetricName,
      dimensions: Object.fromEntries(dimensions),
    });
    return () => stream.valueOf(Stat, from, minutes);
  };
  const watched = Metrics.filter((one: Properties) => one.ReturnData === true);
  if (watched.length !== 1) throw new Error(`${properties.AlarmName} watches not just one value`);
  const valueNow = valueNamed(watched[0].Id);
  const needed = properties.DatapointsToAlarm ?? EvaluationPeriods;
  return (minute) => {
    let breaching = 0;
    for (let back = 1; back <= EvaluationPeriods; back += 1) {
      from = minute - back * minutes;
      const value = valueNow();
      if (!Number.isNaN(value) && breaches(value, Threshold)) breaching += 1;
    }
    return breaching >= needed;
  };
};

/**
 * The alarms of a template over metric streams. `rings(name, minute)` says whether the alarm of that
 * name is in the state ALARM when CloudWatch looks at the end of that minute, with all data in place.
 */
export const simulateAlarms = (
  template: TemplateJson,
  streams: MetricStreams,
): { readonly rings: (name: string, minute: number) => boolean } => {
  const resources = Object.entries(template.Resources);
  const idOf = new Map<string, string>();
  const known = new Map<string, At>();
  for (const [id, { Properties }] of resources) idOf.set(Properties.AlarmName, id);
  const at = (id: string): At => {
    const made = known.get(id);
    if (made !== undefined) return made;
    const resource = template.Resources[id];
    if (resource === undefined) throw new Error(`there is no alarm ${id}`);
    const { Type, Properties } = resource;
    const alarm =
      Type === 'AWS::CloudWatch::CompositeAlarm'
        ? composite(compileAlarmRule(ruleText(Properties)))
        : metricAlarm(Properties, streams);
    known.set(id, alarm);
    return alarm;
  };
  const composite =
    (rule: Rule): At =>
    (minute) =>
      rule((id) => at(id)(minute));
  return {
    rings: (name, minute) => {
      const id = idOf.get(name);
      if (id === undefined) throw new Error(`there is no alarm named ${name}`);
      return at(id)(minute);
    },
  };
};
