/**
 * Writes what slo.yaml means to others into .atlas/slo/<stage>: rules for Prometheus, a file for Sloth,
 * dashboards for Grafana. `node tools/slo.ts [STAGE]`, default dev.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { dashboardsOf } from '../lib/dashboards/all.ts';
import { grafanaDashboard } from '../lib/dashboards/grafana.ts';
import { objectivesOf } from '../lib/slo/objectives.ts';
import { prometheusRules } from '../lib/slo/prometheus-rules.ts';
import { readSlo } from '../lib/slo/slo-file.ts';
import { slothFile } from '../lib/slo/sloth.ts';
import { readStage } from '../lib/stage.ts';
import { atlasFolder } from '../localstack/paths.ts';

const [, , stageName = 'dev'] = process.argv;
const stage = readStage(stageName);
const slo = readSlo();
const objectives = objectivesOf(slo);
const folder = join(atlasFolder, 'slo', stage.name);

const yaml = (value: unknown): string => stringify(value, { lineWidth: 0 });
const rules = prometheusRules(slo, objectives);
const dashboards = dashboardsOf(stage, slo, objectives);

await rm(folder, { recursive: true, force: true });
await mkdir(join(folder, 'grafana'), { recursive: true });
await writeFile(join(folder, 'prometheus-rules.yaml'), yaml(rules));
await writeFile(join(folder, 'sloth.yaml'), yaml(slothFile(slo, objectives)));
for (const dashboard of dashboards) {
  const text = JSON.stringify(grafanaDashboard(dashboard), undefined, 2);
  await writeFile(join(folder, 'grafana', `${dashboard.name}.json`), text);
}

for (const [tier, { objectivePercent }] of Object.entries(slo.tiers)) {
  const members = objectives.filter((one) => one.tier === tier).length;
  console.log(`${tier}: ${members} functions, ${objectivePercent} % of ${slo.windowDays} days`);
}
const ruleCount = rules.groups.reduce((sum, group) => sum + group.rules.length, 0);
console.log(`${ruleCount} rules for Prometheus, ${objectives.length} objectives for Sloth`);
console.log(`${dashboards.length} dashboards for Grafana: ${folder}`);
