import { median } from '../../statistics.ts';
import { judged } from '../../threshold.ts';
import { capacityNow, middleOf } from '../capacity-now.ts';
import { type WatchedRun, watchedRun } from '../harness-figures.ts';
import { goodputOf, percentileOf } from '../measures.ts';
import { usualMix } from '../routes.ts';
import type { LoadBench, Scenario } from '../scenario.ts';

const times = 2;
const patienceMs = 10_000;
/** What can be served within this time may wait; what comes beyond that is refused at once. */
export const mostWaitSeconds = 0.25;
/** The queue has to fill first. */
const rampMs = 2_000;

interface Round extends WatchedRun {
  /** C, as it was just before. */
  readonly perSecond: number;
  readonly goodput: number;
}

const roundOf = async (bench: LoadBench, seed: number): Promise<Round> => {
  const { subject, perSecond } = await capacityNow(bench, seed);
  const { roundMs } = bench.pace.overload;
  await subject.front.limit(Math.ceil(mostWaitSeconds * perSecond));
  const stretches = [{ perSecond: times * perSecond, durationMs: roundMs }];
  const load = { kind: 'open', stretches, patienceMs } as const;
  const watched = await watchedRun(subject, { seed, mix: usualMix, load });
  return { ...watched, perSecond, goodput: goodputOf(watched.run, rampMs, roundMs) };
};

const shareOf = ({ goodput, perSecond }: Round): number => goodput / perSecond;
const p99Of = ({ run }: Round, fate: 'served' | 'shed'): number =>
  percentileOf(run.fates[fate], 99);

export const overload: Scenario = {
  name: 'overload',
  claim: 'At twice C as much is served as can be, and the rest learns at once that it is too much.',
  run: async (bench) => {
    const rounds: Round[] = [];
    for (let round = 0; round < bench.pace.overload.rounds; round += 1) {
      rounds.push(await roundOf(bench, bench.seed + round));
    }
    const middle = middleOf(rounds, shareOf);
    return {
      thresholds: [
        judged({
          name: 'goodput over C',
          value: median(rounds.map(shareOf)),
          direction: 'at least',
          limit: 0.85,
          unit: '',
        }),
        judged({
          name: 'p99 of what was refused over p99 of what was served',
          value: median(rounds.map((round) => p99Of(round, 'shed') / p99Of(round, 'served'))),
          direction: 'at most',
          limit: 0.1,
          unit: '',
        }),
        judged({
          name: 'neither served nor refused',
          value: rounds.reduce((sum, { run }) => sum + run.counts.failed + run.counts.lost, 0),
          direction: 'at most',
          limit: 0,
          unit: '',
        }),
      ],
      figures: [
        ...rounds.map((round, i) => ({
          name: `goodput over C, round ${i + 1}`,
          value: shareOf(round),
          unit: '' as const,
        })),
        { name: 'C before the round in the middle', value: middle.perSecond, unit: ' /s' },
        { name: 'goodput', value: middle.goodput, unit: ' /s' },
        { name: 'p99 of what was served', value: p99Of(middle, 'served'), unit: ' ms' },
        { name: 'p99 of what was refused', value: p99Of(middle, 'shed'), unit: ' ms' },
        ...middle.harness,
      ],
      runs: { overload: middle.run },
    };
  },
};
