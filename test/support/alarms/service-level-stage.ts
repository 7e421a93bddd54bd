import type { SloTier } from '../../../functions/manifest.ts';
import { type Objective, objectivesOf } from '../../../lib/slo/objectives.ts';
import { readSlo } from '../../../lib/slo/slo-file.ts';
import { synthesiseStage } from '../templates.ts';
import type { TemplateJson } from './simulated-alarms.ts';

export const prod = synthesiseStage('prod');

export const slo = readSlo();
export const objectives = objectivesOf(slo);

export const objectiveNamed = (name: string): Objective => {
  const found = objectives.find((one) => one.name === name);
  if (found === undefined) throw new Error(`${name} has no objective`);
  return found;
};

/** The template with the alarms of an objective, as the stage prod deploys it. */
export const templateFor = ({ kind, tier }: Objective): TemplateJson => {
  const name = kind === 'endpoint' ? `slo-${tier}` : 'slo-background';
  const template = prod.templates.get(name);
  if (template === undefined) throw new Error(`there is no stack ${name}`);
  return template.toJSON() as TemplateJson;
};

/** One endpoint of each tier stands for all, since their alarms are the same: a test says so. */
export const simulated: Readonly<Record<SloTier, Objective>> = {
  critical: objectiveNamed('post-transfer'),
  default: objectiveNamed('list-transfers'),
  'non-critical': objectiveNamed('list-monitors'),
};
export const tiers = Object.keys(simulated) as SloTier[];
