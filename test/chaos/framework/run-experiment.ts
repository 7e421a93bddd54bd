import { setTimeout as sleep } from 'node:timers/promises';
import type { Experiment } from './experiment.ts';
import type { GroupLoad } from './group-load.ts';
import { breaches } from './invariants.ts';
import type { ExperimentRun, GroupFigures } from './report.ts';
import { seededRandom } from './seeded-random.ts';
import type { Groups, Subject } from './subject.ts';
import { undoStack } from './undo-stack.ts';

/** So many transfers of each group must be acknowledged before and after: the steady state. */
const steadyTransfers = 12;
const usualSteadyMs = 30_000;
const watchMs = 25;

/** Refusals of what nobody may see or that is not there yet are no fault. */
const harmless = new Set(['account-not-found', 'balance-not-projected']);

/** How often each code was told by a certain time. */
type Told = ReadonlyMap<string, number>;

const toldUntilNow = ({ answers }: GroupLoad): Told => new Map(answers.told);

/** What was told since then. What came before the steady state was there says nothing of the fault. */
const faultsTold = ({ answers }: GroupLoad, since: Told): string[] =>
  [...answers.told]
    .filter(([code, count]) => !harmless.has(code) && count > (since.get(code) ?? 0))
    .map(([code]) => code);

const countOfFaults = ({ answers }: GroupLoad): number =>
  [...answers.told].reduce((sum, [code, count]) => sum + (harmless.has(code) ? 0 : count), 0);

/** Whether all groups come to be served, as often as the steady state asks for and without a fault, in this time. */
const isSteady = async (groups: readonly GroupLoad[], withinMs: number): Promise<boolean> => {
  const deadline = Date.now() + withinMs;
  const goalOf = ({ load }: GroupLoad) => load.acknowledged.length + steadyTransfers;
  const faults = () => groups.reduce((sum, group) => sum + countOfFaults(group), 0);
  let goals = groups.map(goalOf);
  let before = faults();
  const isThere = () =>
    groups.every(({ load }, i) => load.acknowledged.length >= (goals[i] ?? Infinity));
  while (!isThere()) {
    if (Date.now() > deadline) return false;
    await sleep(watchMs);
    if (faults() === before) continue;
    before = faults();
    goals = groups.map(goalOf);
  }
  return true;
};

/** A fault that is meant for one group must not be felt by the other. */
const controlIsTouched = (since: Told) => (_: GroupLoad, control: GroupLoad) => {
  const [code] = faultsTold(control, since);
  return code === undefined ? undefined : `the control group was told ${code}`;
};

const figuresOf = ({ load, answers }: GroupLoad): GroupFigures => ({
  attempted: load.attemptedKeys.length,
  acknowledged: load.acknowledged.length,
  served: answers.served,
  told: Object.fromEntries([...answers.told].sort(([a], [b]) => a.localeCompare(b))),
});

/** Runs the injection until it ends or the abort condition is met. Whatever happens, it is undone. */
const inject = async <World>(
  subject: Subject<World>,
  experiment: Experiment<World>,
  groups: Groups,
  random: ReturnType<typeof seededRandom>,
) => {
  const undo = undoStack();
  const abort = new AbortController();
  const evidence: Record<string, number> = {};
  const findings: string[] = [];
  let aborted: string | undefined;
  let threw: string | undefined;
  const { blastRadius, abortWhen } = experiment;
  const isTouched = controlIsTouched(toldUntilNow(groups.control));
  const isTooMuch = abortWhen ?? (blastRadius === 'group' ? isTouched : () => undefined);
  const watch = setInterval(() => {
    aborted ??= isTooMuch(groups.experiment, groups.control);
    if (aborted !== undefined) abort.abort();
  }, watchMs);
  try {
    await experiment.inject({
      world: subject.world,
      random,
      load: groups.experiment,
      signal: abort.signal,
      undo: undo.push,
      evidence: (what, count) => {
        evidence[what] = (evidence[what] ?? 0) + count;
      },
      finding: (what) => findings.push(what),
      hold: (ms) => sleep(ms, undefined, { signal: abort.signal }).catch(() => {}),
    });
  } catch (error) {
    threw = String(error);
  } finally {
    clearInterval(watch);
    findings.push(...(await undo.unwind()).map((failure) => `not undone: ${failure}`));
  }
  return { evidence, findings, aborted, threw };
};

/**
 * Runs an experiment once: steady state, injection, rollback, steady state again, and the judgement of
 * everything that clients were told against what is there. Never throws for what the experiment finds.
 */
export const runExperiment = async <World>(
  subject: Subject<World>,
  experiment: Experiment<World>,
  seed: number,
  steadyMs: number = usualSteadyMs,
): Promise<ExperimentRun> => {
  const random = seededRandom(seed);
  const startedAt = new Date();
  const { name, hypothesis, blastRadius, runbook } = experiment;
  const groups = await subject.begin(random);
  const both = [groups.experiment, groups.control];
  const about = { name, hypothesis, blastRadius, runbook: runbook ?? null, seed };
  type Rest = Omit<ExperimentRun, keyof typeof about | 'startedAt' | 'durationMs' | 'groups'>;
  const reportOf = (rest: Rest): ExperimentRun => ({
    ...about,
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    groups: { experiment: figuresOf(groups.experiment), control: figuresOf(groups.control) },
    ...rest,
  });
  const nothing = { evidence: {}, findings: [], recoveryMs: null };
  if (!(await isSteady(both, steadyMs))) {
    await Promise.all(both.map((group) => group.end()));
    const reason = 'there was no steady state to begin with';
    return reportOf({ ...nothing, verdict: 'inconclusive', reason });
  }
  const before = {
    experiment: toldUntilNow(groups.experiment),
    control: toldUntilNow(groups.control),
  };
  const injected = await inject(subject, experiment, groups, random);
  const rolledBackMs = Date.now();
  await subject.heal();
  const recovered = await isSteady(both, experiment.recoveryMs ?? steadyMs);
  const recoveryMs = recovered ? Date.now() - rolledBackMs : null;
  await Promise.all(both.map((group) => group.end()));
  const records = await subject.record(groups);

  const findings = [...injected.findings];
  for (const group of ['experiment', 'control'] as const) {
    const prefix = group === 'control' ? 'control group: ' : '';
    findings.push(...breaches(records[group]).map((breach) => `${prefix}${breach}`));
  }
  if (recoveryMs === null) findings.push('the steady state did not come back');
  const allowed = new Set<string>(experiment.tells);
  const told = faultsTold(groups.experiment, before.experiment);
  const unexpected = told.filter((code) => !allowed.has(code));
  findings.push(...unexpected.map((code) => `callers were told ${code}, which was not expected`));
  if (blastRadius === 'group') {
    const toldControl = faultsTold(groups.control, before.control);
    findings.push(...toldControl.map((code) => `control group: was told ${code}`));
  }
  const { evidence, aborted, threw } = injected;
  const rest = { evidence, findings, recoveryMs };
  if (aborted !== undefined) return reportOf({ ...rest, verdict: 'aborted', reason: aborted });
  if (threw !== undefined) {
    return reportOf({ ...rest, verdict: 'inconclusive', reason: `the injection failed: ${threw}` });
  }
  const [first] = findings;
  if (first !== undefined) return reportOf({ ...rest, verdict: 'refuted', reason: first });
  const wasFelt = told.length > 0;
  if (!wasFelt && !Object.values(evidence).some((count) => count > 0)) {
    return reportOf({
      ...rest,
      verdict: 'inconclusive',
      reason: 'nothing shows that there was a fault',
    });
  }
  return reportOf({ ...rest, verdict: 'held', reason: 'nothing contradicts the hypothesis' });
};
