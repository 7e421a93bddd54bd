import { afterAll, beforeAll, expect, it } from 'vitest';
import { experiments } from '../chaos/experiments.ts';
import { runExperiment } from '../chaos/framework/run-experiment.ts';
import { type ChaosSubject, startWorld } from '../chaos/framework/world.ts';

let subject: ChaosSubject;

beforeAll(async () => {
  subject = await startWorld();
});
afterAll(() => subject?.close());

const short = experiments.filter(({ inCi }) => inCi === true);

it.each(short)('$name: $hypothesis', async (experiment) => {
  const { verdict, reason, findings, groups } = await runExperiment(subject, experiment, 1);
  const told = JSON.stringify({ findings: findings.slice(0, 10), groups });
  expect(verdict, `${reason}; ${told}`).toBe('held');
});
