import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { problemKinds } from '@atlas/runtime';
import { describe, expect, it } from 'vitest';
import { experiments } from '../../chaos/experiments.ts';
import { fisTemplate } from '../../chaos/framework/fis-template.ts';
import { seededRandom } from '../../chaos/framework/seeded-random.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const runbooks = readdirSync(join(root, 'docs', 'runbooks'));
const surroundings = {
  stage: 'dev',
  roleArn: 'arn:aws:iam::123456789012:role/fis',
  stopAlarmArn: 'arn:aws:cloudwatch:eu-central-1:123456789012:alarm:budget',
};

describe('the experiments', () => {
  it('are at least twenty-five, one a file, under the name of the file', () => {
    const files = readdirSync(join(root, 'test', 'chaos', 'experiments'));
    const names = experiments.map(({ name }) => name);
    expect(names.toSorted()).toEqual(files.map((file) => basename(file, '.ts')).toSorted());
    expect(names.length).toBeGreaterThanOrEqual(25);
  });

  it.each(experiments)('$name names a runbook that exists, and problems that there are', (one) => {
    const pages = one.runbook === undefined ? [] : [`${one.runbook}.md`];
    expect(runbooks).toEqual(expect.arrayContaining(pages));
    expect(['no-answer', ...Object.keys(problemKinds)]).toEqual(
      expect.arrayContaining([...one.tells]),
    );
  });

  it('run in CI only where they break nothing that others use', () => {
    const breaking = experiments.filter(({ blastRadius }) => blastRadius === 'parts');
    expect(breaking.length).toBeGreaterThan(0);
    expect(breaking.filter(({ inCi }) => inCi === true)).toEqual([]);
  });
});

describe('a template of AWS FIS', () => {
  const templates = experiments.flatMap((one) => fisTemplate(one, surroundings) ?? []);

  it('has a stop condition, a role, and targets of the stage that its action knows', () => {
    expect(templates.length).toBeGreaterThanOrEqual(4);
    for (const { actions, targets, stopConditions, roleArn, description } of templates) {
      expect(stopConditions).toEqual([
        { source: 'aws:cloudwatch:alarm', value: surroundings.stopAlarmArn },
      ]);
      expect(roleArn).toBe(surroundings.roleArn);
      expect(Object.values(actions.inject.targets)).toEqual(Object.keys(targets));
      expect(targets.target.resourceTags).toEqual({ application: 'atlas', stage: 'dev' });
      expect(description.length).toBeLessThanOrEqual(512);
    }
  });

  it('is none where FIS has no such action', () => {
    const clock = experiments.find(({ name }) => name === 'clock-ahead');
    if (clock === undefined) throw new Error('there is no such experiment');
    expect(fisTemplate(clock, surroundings)).toBeUndefined();
  });
});

describe('a seed', () => {
  it('gives the same numbers again, and another seed gives others', () => {
    const numbers = (seed: number) => {
      const random = seededRandom(seed);
      return Array.from({ length: 20 }, () => random.integer(0, 1_000));
    };
    expect(numbers(7)).toEqual(numbers(7));
    expect(numbers(7)).not.toEqual(numbers(8));
    expect(numbers(7).every((number) => number >= 0 && number <= 1_000)).toBe(true);
  });
});
