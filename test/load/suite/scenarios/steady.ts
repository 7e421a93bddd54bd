import { median } from '../../statistics.ts';
import { judged } from '../../threshold.ts';
import { capacityNow, middleOf } from '../capacity-now.ts';
import { type WatchedRun, watchedRun } from '../harness-figures.ts';
import { errorsOf, percentileOf, tailRatio } from '../measures.ts';
import { routes, usualMix } from '../routes.ts';
import type { LoadBench, Scenario } from '../scenario.ts';

const share = 0.5;
const patienceMs = 10_000;

interface Round extends WatchedRun {
  /** C, as it was just before. */
  readonly perSecond: number;
}

const roundOf = async (bench: LoadBench, seed: number): Promise<Round> => {
  const { subject, perSecond } = await capacityNow(bench, seed);
  const { roundMs } = bench.pace.steady;
  const stretches = [{ perSecond: share * perSecond, durationMs: roundMs }];
  const load = { kind: 'open', stretches, patienceMs } as const;
  return { perSecond, ...(await watchedRun(subject, { seed, mix: usualMix, load })) };
};

export const steady: Scenario = {
  name: 'steady',
  claim: 'At half of C nothing fails, and few wait much longer than most.',
  run: async (bench) => {
    const rounds: Round[] = [];
    for (let round = 0; round < bench.pace.steady.rounds; round += 1) {
      rounds.push(await roundOf(bench, bench.seed + round));
    }
    const tailOf = ({ run }: Round): number => tailRatio(run.fates.served);
    const middle = middleOf(rounds, tailOf);
    const ratio = (name: string, of: (round: Round) => number) =>
      judged({ name, value: median(rounds.map(of)), direction: 'at most', limit: 5, unit: '' });
    return {
      thresholds: [
        judged({
          name: 'errors',
          value: rounds.reduce((sum, { run }) => sum + errorsOf(run), 0),
          direction: 'at most',
          limit: 0,
          unit: '',
        }),
        ratio('p99 over p50, all requests', tailOf),
        ratio('p99 over p50, transfers', ({ run }) => tailRatio(run.routes['post-transfer'])),
      ],
      figures: [
        ...rounds.map((round, i) => ({
          name: `p99 over p50, round ${i + 1}`,
          value: tailOf(round),
          unit: '' as const,
        })),
        { name: 'C before the round in the middle', value: middle.perSecond, unit: ' /s' },
        ...routes
          .filter((route) => middle.run.routes[route] !== undefined)
          .flatMap((route) =>
            [50, 99].map((percent) => ({
              name: `p${percent} of ${route}`,
              value: percentileOf(middle.run.routes[route], percent),
              unit: ' ms' as const,
            })),
          ),
        ...middle.harness,
      ],
      runs: { steady: middle.run },
    };
  },
};
