import { setTimeout as wait } from 'node:timers/promises';
import { seededRandom } from '../../../chaos/framework/seeded-random.ts';
import { judged } from '../../threshold.ts';
import type { Scenario } from '../scenario.ts';

const perSecond = 50;
const patienceMs = 10_000;
const mix = { 'read-eventual-balance': 100 };
/** Of calls, so many of a hundred fail: all, or so few that breakers seldom open and the budget has to hold. */
const failing = [100, 25] as const;

export const amplification: Scenario = {
  name: 'amplification',
  claim: 'A dependency that fails is not asked much more often than it would be if it did not.',
  run: async (bench) => {
    const { world, pace, seed } = bench;
    const { generator } = await bench.subject();
    const asked: number[] = [];
    const seen: number[] = [];
    const stretches = [{ perSecond, durationMs: pace.amplificationMs }];
    const load = { kind: 'open', stretches, patienceMs } as const;
    for (const percent of failing) {
      const random = seededRandom(seed);
      world.aws.befall({
        call: 'DynamoDB',
        befalls: () => random.percent(percent),
        how: 'failing',
      });
      const before = world.viewReads();
      try {
        const { counts } = await generator.run({ seed, mix, load });
        asked.push(counts.served + counts.shed + counts.failed + counts.lost);
      } finally {
        world.aws.heal();
      }
      seen.push(world.viewReads() - before);
      // Breakers close again within six seconds.
      await wait(pace.isolation.settleMs);
    }
    const of = (i: number) => (seen[i] ?? Number.NaN) / (asked[i] ?? Number.NaN);
    return {
      thresholds: failing.map((percent, i) =>
        judged({
          name: `calls seen over calls asked for, ${percent} % failing`,
          value: of(i),
          direction: 'at most',
          limit: 1.1,
          unit: '',
        }),
      ),
      figures: failing.flatMap((percent, i) => [
        {
          name: `asked for, ${percent} % failing`,
          value: asked[i] ?? Number.NaN,
          unit: '' as const,
        },
        { name: `seen, ${percent} % failing`, value: seen[i] ?? Number.NaN, unit: '' as const },
      ]),
      runs: {},
    };
  },
};
