import { describe, expect, it } from 'vitest';
import type { Experiment } from '../../chaos/framework/experiment.ts';
import { runInMarkdown, summaryInMarkdown } from '../../chaos/framework/report.ts';
import { runExperiment } from '../../chaos/framework/run-experiment.ts';
import { type Flaw, type ToyWorld, toySubject } from './toy-subject.ts';

const harmless: Experiment<ToyWorld> = {
  name: 'harmless',
  hypothesis: 'Nothing happens.',
  blastRadius: 'world',
  runbook: 'outbox-late',
  tells: [],
  inject: async ({ evidence, hold }) => {
    await hold(20);
    evidence('nothing', 1);
  },
};

const flawed = (flaw: Flaw, change: Partial<Experiment<ToyWorld>> = {}): Experiment<ToyWorld> => ({
  ...harmless,
  inject: async ({ world, evidence, hold }) => {
    world.flaw = flaw;
    evidence('flaws', 1);
    await hold(150);
  },
  ...change,
});

const run = (experiment: Experiment<ToyWorld>, subject = toySubject()) =>
  runExperiment(subject, experiment, 1);

describe('an experiment', () => {
  it('holds when nothing contradicts it, and says what both groups did', async () => {
    const held = await run(harmless);

    expect(held).toMatchObject({ verdict: 'held', findings: [], evidence: { nothing: 1 } });
    expect(held.groups.experiment.acknowledged).toBeGreaterThan(20);
    expect(held.groups.control.acknowledged).toBeGreaterThan(20);
    expect(held.recoveryMs).toBeGreaterThanOrEqual(0);
  });

  it.each<[Flaw, RegExp]>([
    ['forgets what it acknowledged', /^lost:/],
    ['ignores keys', /^twice:/],
    ['shows accounts of others', /^leaked:/],
    ['answers errors of its own', /^undocumented:/],
    ['does not publish', /^unpublished:/],
    ['applies entries twice', /^diverged:/],
  ])('is refuted by a ledger that %s', async (flaw, expected) => {
    const { verdict, findings } = await run(flawed(flaw));

    expect(verdict).toBe('refuted');
    expect(findings).toContainEqual(expect.stringMatching(expected));
    expect(findings).toContainEqual(expect.stringMatching(/^control group: /));
  });

  it('is refuted when callers are told what was not expected', async () => {
    const lost = await run(flawed('answers nothing any more'));
    expect(lost).toMatchObject({ verdict: 'refuted' });
    expect(lost.reason).toMatch(/^callers were told no-answer/);

    const expected = await run(flawed('answers nothing any more', { tells: ['no-answer'] }));
    expect(expected).toMatchObject({ verdict: 'held' });
  });

  it('is refuted by what it finds itself', async () => {
    const inject: Experiment<ToyWorld>['inject'] = async ({ evidence, finding }) => {
      evidence('flaws', 1);
      finding('it was blue');
    };
    const found = await run({ ...harmless, inject });
    expect(found).toMatchObject({ verdict: 'refuted', reason: 'it was blue' });
  });

  it('is aborted, and cut short, when a fault reaches the control group', async () => {
    const startedMs = Date.now();
    const inject: Experiment<ToyWorld>['inject'] = async ({ world, undo, evidence, hold }) => {
      undo(() => {
        world.flaw = undefined;
      });
      world.flaw = 'answers nothing any more';
      evidence('flaws', 1);
      await hold(20_000);
    };
    const aborted = await run({ ...harmless, tells: ['no-answer'], blastRadius: 'group', inject });

    expect(aborted).toMatchObject({ verdict: 'aborted' });
    expect(aborted.reason).toBe('the control group was told no-answer');
    expect(Date.now() - startedMs).toBeLessThan(10_000);
  });

  it('is aborted by a condition of its own', async () => {
    const abortWhen = () => 'enough is enough';
    const aborted = await run({ ...harmless, abortWhen, inject: ({ hold }) => hold(20_000) });
    expect(aborted).toMatchObject({ verdict: 'aborted', reason: 'enough is enough' });
  });

  it('is rolled back, last first, when the injection throws, and shows nothing then', async () => {
    const undone: string[] = [];
    const subject = toySubject();
    const inject: Experiment<ToyWorld>['inject'] = async ({ undo }) => {
      undo(() => undone.push('first'));
      undo(() => undone.push('second'));
      throw new Error('the injector broke');
    };
    const broken = await run({ ...harmless, inject }, subject);

    expect(undone).toEqual(['second', 'first']);
    expect(subject.healed).toBe(1);
    expect(broken).toMatchObject({ verdict: 'inconclusive' });
    expect(broken.reason).toMatch(/the injector broke/);
  });

  it('is refuted when something could not be undone, and the rest is undone all the same', async () => {
    const undone: string[] = [];
    const inject: Experiment<ToyWorld>['inject'] = async ({ undo, evidence }) => {
      undo(() => undone.push('first'));
      undo(() => {
        throw new Error('stuck');
      });
      evidence('flaws', 1);
    };
    const stuck = await run({ ...harmless, inject });

    expect(undone).toEqual(['first']);
    expect(stuck).toMatchObject({ verdict: 'refuted', reason: 'not undone: Error: stuck' });
  });

  it('shows nothing when nothing shows that there was a fault', async () => {
    const silent = await run({ ...harmless, inject: async () => {} });
    expect(silent).toMatchObject({ verdict: 'inconclusive' });
  });

  it('begins when nobody is told of a fault any more, and is not blamed for those before', async () => {
    const subject = toySubject();
    const begin = subject.begin.bind(subject);
    subject.begin = async (random) => {
      const groups = await begin(random);
      subject.world.flaw = 'answers nothing any more';
      setTimeout(() => {
        subject.world.flaw = undefined;
      }, 100);
      return groups;
    };
    const { verdict, groups } = await run(harmless, subject);
    expect(verdict).toBe('held');
    expect(groups.experiment.told['no-answer']).toBeGreaterThan(0);
  });

  it('shows nothing where there was no steady state to begin with', async () => {
    const subject = toySubject();
    const begin = subject.begin.bind(subject);
    subject.begin = async (random) => {
      const groups = await begin(random);
      subject.world.flaw = 'answers nothing any more';
      return groups;
    };
    let injected = false;
    const inject: Experiment<ToyWorld>['inject'] = async () => {
      injected = true;
    };
    const never = await runExperiment(subject, { ...harmless, inject }, 1, 200);

    expect(never).toMatchObject({ verdict: 'inconclusive' });
    expect(injected).toBe(false);
  });

  it('is reported in Markdown, with each invariant and what broke it', async () => {
    const refuted = await run(flawed('forgets what it acknowledged'));
    const text = runInMarkdown(refuted);
    expect(text).toContain('## harmless, seed 1: refuted');
    expect(text).toMatch(/\| no acknowledged write is lost \| \*\*no\*\* \(\d+\) \|/);
    expect(text).toContain('| every error is a documented problem | yes |');
    expect(summaryInMarkdown([refuted])).toMatch(
      /\| harmless \| 0 of 1 \| \d+ \| refuted at seed 1/,
    );
  });
});
