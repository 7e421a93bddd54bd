import type { Objective } from '../slo/objectives.ts';
import type { SloFile } from '../slo/slo-file.ts';
import type { Stage } from '../stage.ts';
import type { Dashboard } from './dashboard.ts';
import { database } from './database.ts';
import { dependencyDashboard } from './dependencies.ts';
import { kafka } from './kafka.ts';
import { overview } from './overview.ts';
import { serviceLevels } from './service-levels.ts';
import { services } from './services.ts';

/** Every dashboard of a stage. */
export const dashboardsOf = (
  stage: Stage,
  slo: SloFile,
  objectives: readonly Objective[],
): readonly Dashboard[] => [
  overview(stage, objectives),
  serviceLevels(stage, slo, objectives),
  ...services(stage, objectives),
  database(stage),
  kafka(stage),
  dependencyDashboard(),
];
