import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  GraphWidget,
  type IWidget,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { SloTier } from '../../functions/manifest.ts';
import { names } from '../names.ts';
import type { Stage } from '../stage.ts';

/** Faults in five minutes that wake somebody up, by tier; a ratio would sleep at low traffic. */
const toleratedFaults: Readonly<Record<SloTier, number>> = {
  critical: 0,
  default: 2,
  'non-critical': 10,
};

export interface ServiceLevelProps {
  readonly stage: Stage;
  /** The function's name in the manifest. */
  readonly name: string;
  readonly slo: SloTier;
  readonly budgetMs: number;
}

/** Metric, alarm and widget of one function, born together. */
export class ServiceLevel {
  private readonly props: ServiceLevelProps;

  constructor(props: ServiceLevelProps) {
    this.props = props;
  }

  private metric(metricName: string, statistic: string): Metric {
    return new Metric({
      namespace: 'AWS/Lambda',
      metricName,
      dimensionsMap: { FunctionName: names(this.props.stage).function(this.props.name) },
      statistic,
      period: Duration.minutes(5),
    });
  }

  /** Errors, throttles, and a p99 that comes near to the budget; each names its runbook. */
  alarms(scope: Construct, topic: ITopic): Alarm[] {
    const { name, slo, budgetMs } = this.props;
    const make = (
      id: string,
      props: Pick<AlarmProps, 'metric' | 'threshold' | 'alarmDescription'> & {
        readonly evaluationPeriods?: number;
      },
    ) => {
      const alarm = new Alarm(scope, id, {
        evaluationPeriods: 1,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
        alarmName: names(this.props.stage).function(`${name}-${id}`),
        ...props,
      });
      alarm.addAlarmAction(new SnsAction(topic));
      return alarm;
    };
    return [
      make('errors', {
        metric: this.metric('Errors', 'Sum'),
        threshold: toleratedFaults[slo],
        alarmDescription: 'Runbook: docs/runbooks/function-errors.md',
      }),
      make('throttles', {
        metric: this.metric('Throttles', 'Sum'),
        threshold: toleratedFaults[slo],
        alarmDescription: 'Runbook: docs/runbooks/function-throttles.md',
      }),
      make('slow', {
        metric: this.metric('Duration', 'p99'),
        threshold: budgetMs * 0.8,
        evaluationPeriods: 3,
        alarmDescription: 'Runbook: docs/runbooks/function-slow.md',
      }),
    ];
  }

  /** One row of the dashboard: rate and errors, and durations against the budget. */
  widgets(): IWidget[] {
    const { name, budgetMs } = this.props;
    return [
      new GraphWidget({
        title: `${name}: calls, errors, throttles`,
        width: 12,
        left: [this.metric('Invocations', 'Sum')],
        right: [this.metric('Errors', 'Sum'), this.metric('Throttles', 'Sum')],
      }),
      new GraphWidget({
        title: `${name}: duration (budget ${budgetMs} ms)`,
        width: 12,
        left: ['p50', 'p95', 'p99'].map((statistic) => this.metric('Duration', statistic)),
        leftAnnotations: [{ value: budgetMs, label: 'budget' }],
      }),
    ];
  }
}
