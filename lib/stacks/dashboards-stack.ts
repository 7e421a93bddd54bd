import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { addDashboard } from '../constructs/cloudwatch-dashboard.ts';
import { dashboardsOf } from '../dashboards/all.ts';
import type { Objective } from '../slo/objectives.ts';
import type { SloFile } from '../slo/slo-file.ts';
import type { AwsStage } from '../stage.ts';

export interface DashboardsStackProps extends StackProps {
  readonly stage: AwsStage;
  readonly slo: SloFile;
  readonly objectives: readonly Objective[];
}

/** AWS only: the dashboards. `make slo` writes the same for Grafana. */
export class DashboardsStack extends Stack {
  constructor(scope: Construct, id: string, props: DashboardsStackProps) {
    super(scope, id, props);
    const { stage, slo, objectives } = props;
    for (const dashboard of dashboardsOf(stage, slo, objectives)) {
      addDashboard(this, stage, dashboard);
    }
  }
}
