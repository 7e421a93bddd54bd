import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  AlarmRule,
  ComparisonOperator,
  CompositeAlarm,
  type IAlarm,
  type IAlarmAction,
  type IAlarmRule,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { names } from '../names.ts';
import { minutesIn } from '../slo/durations.ts';
import type { Objective } from '../slo/objectives.ts';
import type { Query } from '../slo/query.ts';
import { type Sli, sliOf } from '../slo/sli.ts';
import type { BurnRate, Severity, SloFile } from '../slo/slo-file.ts';
import type { AwsStage } from '../stage.ts';
import { cloudWatchMetric } from './cloudwatch-metric.ts';

export interface ServiceLevelProps {
  readonly stage: AwsStage;
  readonly slo: SloFile;
  readonly objective: Objective;
  /** Where pages and tickets go. */
  readonly actions: Readonly<Record<Severity, IAlarmAction>>;
}

const runbooks = {
  outage: 'docs/runbooks/function-errors.md',
  slow: 'docs/runbooks/function-slow.md',
  page: 'docs/runbooks/error-budget-burn.md',
  ticket: 'docs/runbooks/error-budget-spent.md',
} as const;

/**
 * The alarms of one objective. A stage says for which tiers it pays for burn rates: there one composite
 * pages (both windows of a pair burn, or it is down) and one writes a ticket (both windows of a slower
 * pair, or it is slow). Elsewhere the outage and the slowness tell by themselves.
 */
export class ServiceLevel extends Construct {
  private readonly props: ServiceLevelProps;
  private readonly sli: Sli;

  constructor(scope: Construct, props: ServiceLevelProps) {
    super(scope, props.objective.name);
    this.props = props;
    const { stage, slo, objective, actions } = props;
    this.sli = sliOf(stage, objective);
    const outage = this.outage();
    const slow = this.slow();
    if (!stage.burnRateAlarms.includes(objective.tier)) {
      outage.addAlarmAction(actions.page);
      slow.addAlarmAction(actions.ticket);
      return;
    }
    this.composite('page', slo.burnRates.page, outage);
    this.composite('ticket', slo.burnRates.ticket, slow);
  }

  /** Over a window that is one period, so that a ratio is that of the whole window. */
  private over(window: string, query: Query): IMetric {
    return cloudWatchMetric(query, Duration.minutes(minutesIn(window)));
  }

  private alarmName(id: string): string {
    const { stage, objective } = this.props;
    return names(stage).function(`${objective.name}-${id}`);
  }

  private alarm(
    id: string,
    runbook: string,
    props: Pick<AlarmProps, 'metric' | 'threshold' | 'comparisonOperator'> & {
      readonly evaluationPeriods?: number;
    },
  ): Alarm {
    return new Alarm(this, id, {
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmName: this.alarmName(id),
      alarmDescription: `Runbook: ${runbook}`,
      ...props,
    });
  }

  /** The absolute count, for when there is too little traffic for a ratio over an hour. */
  private outage(): Alarm {
    const { failures, window } = this.props.objective.outage;
    return this.alarm('outage', runbooks.outage, {
      metric: this.over(window, this.sli.outage),
      threshold: failures,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    });
  }

  private slow(): Alarm {
    const { window, windows } = this.props.slo.latency;
    return this.alarm('slow', runbooks.slow, {
      metric: this.over(window, this.sli.slowness),
      threshold: 1,
      evaluationPeriods: windows,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    });
  }

  private composite(severity: Severity, burnRates: readonly BurnRate[], other: IAlarm): void {
    const pairs: IAlarmRule[] = burnRates.map((pair) =>
      AlarmRule.allOf(
        ...(['short', 'long'] as const).map((length) =>
          this.alarm(`${severity}-${pair[length]}`, runbooks[severity], {
            metric: this.over(pair[length], this.sli.burnRate[length]),
            threshold: pair.burn,
            comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
          }),
        ),
      ),
    );
    new CompositeAlarm(this, severity, {
      compositeAlarmName: this.alarmName(severity),
      alarmDescription: `Runbook: ${runbooks[severity]}`,
      alarmRule: AlarmRule.anyOf(...pairs, other),
    }).addAlarmAction(this.props.actions[severity]);
  }
}
