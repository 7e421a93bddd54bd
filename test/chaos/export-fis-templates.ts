/**
 * `node test/chaos/export-fis-templates.ts STAGE ROLE_ARN ALARM_ARN`: writes an experiment template of AWS
 * Fault Injection Service for each experiment that it has an action for, to .atlas/chaos/fis.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atlasFolder } from '../../localstack/paths.ts';
import { experiments } from './experiments.ts';
import { fisTemplate } from './framework/fis-template.ts';

const [, , stage = '', roleArn = '', stopAlarmArn = ''] = process.argv;
if ([stage, roleArn, stopAlarmArn].includes('')) {
  console.error('usage: make fis-templates STAGE=dev ROLE=arn:… ALARM=arn:…');
  process.exit(2);
}
const folder = join(atlasFolder, 'chaos', 'fis');
mkdirSync(folder, { recursive: true });
for (const experiment of experiments) {
  const template = fisTemplate(experiment, { stage, roleArn, stopAlarmArn });
  if (template === undefined) continue;
  const file = join(folder, `${experiment.name}.json`);
  writeFileSync(file, `${JSON.stringify(template, null, 2)}\n`);
  console.log(file);
}
