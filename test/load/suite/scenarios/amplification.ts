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
    const stretches = [{ perSecond, durationMs: pace.amplificationMs }];
    const load = { kind: 'open', stretches, patienceMs } as const;
    const measured: { readonly percent: number; readonly asked: number; readonly seen: number }[] =
      [];
    for (const percent of failing) {
      const random = seededRandom(seed);
      const befalls = () => random.percent(percent);
      const before = world.viewReads();
      world.aws.befall({ call: 'DynamoDB', befalls, how: 'failing' });
      const { counts } = await generator.run({ seed, mix, load }).finally(() => world.aws.heal());
      const asked = counts.served + counts.shed + counts.failed + counts.lost;
      measured.push({ percent, asked, seen: world.viewReads() - before });
      // Breakers close again within six seconds.
      await wait(pace.isolation.settleMs);
    }
    return {
      thresholds: measured.map(({ percent, asked, seen }) =>
        judged({
          name: `calls seen over calls asked for, ${percent} % failing`,
          value: seen / asked,
          direction: 'at most',
          limit: 1.1,
          unit: '',
        }),
      ),
      figures: measured.flatMap(({ percent, asked, seen }) => [
        { name: `asked for, ${percent} % failing`, value: asked, unit: '' as const },
        { name: `seen, ${percent} % failing`, value: seen, unit: '' as const },
      ]),
      runs: {},
    };
  },
};
