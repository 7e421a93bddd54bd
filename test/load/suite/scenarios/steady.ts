import { judged } from '../../threshold.ts';
import { watchedRun } from '../harness-figures.ts';
import { errorsOf, percentileOf, tailRatio } from '../measures.ts';
import { routes, usualMix } from '../routes.ts';
import type { Scenario } from '../scenario.ts';

const share = 0.5;
const patienceMs = 10_000;

export const steady: Scenario = {
  name: 'steady',
  claim: 'At half of C nothing fails, and few wait much longer than most.',
  run: async (bench) => {
    const { capacity } = await bench.capacity();
    const subject = await bench.subject();
    const stretches = [{ perSecond: share * capacity.perSecond, durationMs: bench.pace.steadyMs }];
    const load = { kind: 'open', stretches, patienceMs } as const;
    const { run, harness } = await watchedRun(subject, { seed: bench.seed, mix: usualMix, load });
    const ofTransfers = run.routes['post-transfer'];
    const ratio = (name: string, value: number) =>
      judged({ name, value, direction: 'at most', limit: 5, unit: '' });
    return {
      thresholds: [
        judged({
          name: 'errors',
          value: errorsOf(run),
          direction: 'at most',
          limit: 0,
          unit: '',
        }),
        ratio('p99 over p50, all requests', tailRatio(run.fates.served)),
        ratio('p99 over p50, transfers', tailRatio(ofTransfers)),
      ],
      figures: [
        ...routes
          .filter((route) => run.routes[route] !== undefined)
          .flatMap((route) =>
            [50, 99].map((percent) => ({
              name: `p${percent} of ${route}`,
              value: percentileOf(run.routes[route], percent),
              unit: ' ms' as const,
            })),
          ),
        ...harness,
      ],
      runs: { steady: run },
    };
  },
};
