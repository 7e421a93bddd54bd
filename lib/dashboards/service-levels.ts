import type { SloTier } from '../../functions/manifest.ts';
import type { Objective } from '../slo/objectives.ts';
import { labelled, type MathQuery } from '../slo/query.ts';
import { type Sli, sliOf } from '../slo/sli.ts';
import type { SloFile } from '../slo/slo-file.ts';
import type { Stage } from '../stage.ts';
import type { Dashboard, Panel } from './dashboard.ts';

const tiers: readonly SloTier[] = ['critical', 'default', 'non-critical'];

/** What is left of every error budget, what is spending it, and what follows from that. */
export const serviceLevels = (
  stage: Stage,
  slo: SloFile,
  objectives: readonly Objective[],
): Dashboard => ({
  name: 'slo',
  title: 'Atlas: service levels and error budgets',
  rows: [
    [
      {
        kind: 'text',
        title: 'Policy',
        lines: slo.policy.map(({ leftPercent, rule }) => `- ${leftPercent} % left: ${rule}`),
      },
    ],
    ...tiers.flatMap((tier): (readonly Panel[])[] => {
      const members = objectives.filter((one) => one.tier === tier);
      const { objectivePercent } = slo.tiers[tier];
      const of = (query: (sli: Sli) => MathQuery) =>
        members.map((one) => labelled(query(sliOf(stage, one)), one.name));
      return [
        [
          {
            kind: 'number',
            title: `${tier}, ${objectivePercent} %: error budget left of ${slo.windowDays} days, in percent`,
            values: of((sli) => sli.budgetLeft),
            days: slo.windowDays,
          },
        ],
        [
          {
            kind: 'graph',
            title: `${tier}: burn rate`,
            left: of((sli) => sli.burnRate.short),
            limit: { value: 1, label: 'spends the budget exactly' },
          },
          {
            kind: 'graph',
            title: `${tier}: worst percentile against its objective`,
            left: of((sli) => sli.slowness),
            limit: { value: 1, label: 'objective' },
          },
        ],
      ];
    }),
  ],
});
