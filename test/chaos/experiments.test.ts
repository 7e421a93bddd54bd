import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { atlasFolder } from '../../localstack/paths.ts';
import { experiments } from './experiments.ts';
import { type ExperimentRun, writeReports } from './framework/report.ts';
import { runExperiment } from './framework/run-experiment.ts';
import { type ChaosSubject, startWorld } from './framework/world.ts';

/** Names, with commas between them; none: all. */
const wanted = (process.env.ATLAS_CHAOS_EXPERIMENT ?? '').split(',').filter((name) => name !== '');
const seeds = Number(process.env.ATLAS_CHAOS_SEEDS || 1);
const firstSeed = Number(process.env.ATLAS_CHAOS_FIRST_SEED || 1);
const chosen = experiments.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const runs: ExperimentRun[] = [];
let subject: ChaosSubject;

beforeAll(async () => {
  if (chosen.length === 0) {
    const known = experiments.map(({ name }) => name).join(', ');
    throw new Error(`there is no experiment ${wanted.join(', ')}; there are ${known}`);
  }
  subject = await startWorld();
});
afterAll(() => subject?.close());

describe.each(chosen)('$name', (experiment) => {
  const count = experiment.once === true ? 1 : seeds;
  const all = Array.from({ length: count }, (_, i) => firstSeed + i);
  it.each(all)('holds with seed %i', { timeout: 1_200_000 }, async (seed) => {
    const run = await runExperiment(subject, experiment, seed);
    runs.push(run);
    writeReports(join(atlasFolder, 'chaos'), runs);
    const { verdict, reason, findings } = run;
    expect({ verdict, reason, findings: findings.slice(0, 10) }).toMatchObject({ verdict: 'held' });
  });
});
