import { judged } from '../../threshold.ts';
import { watchedRun } from '../harness-figures.ts';
import { goodputOf, percentileOf } from '../measures.ts';
import { usualMix } from '../routes.ts';
import type { Scenario } from '../scenario.ts';

const times = 2;
const patienceMs = 10_000;
/** What can be served within this time may wait; what comes beyond that is refused at once. */
export const mostWaitSeconds = 0.25;
/** The queue has to fill first. */
const rampMs = 2_000;

export const overload: Scenario = {
  name: 'overload',
  claim: 'At twice C as much is served as can be, and the rest learns at once that it is too much.',
  run: async (bench) => {
    const { capacity } = await bench.capacity();
    const subject = await bench.subject();
    await subject.front.limit(Math.ceil(mostWaitSeconds * capacity.perSecond));
    const { overloadMs: durationMs } = bench.pace;
    const stretches = [{ perSecond: times * capacity.perSecond, durationMs }];
    const load = { kind: 'open', stretches, patienceMs } as const;
    const { run, harness } = await watchedRun(subject, { seed: bench.seed, mix: usualMix, load });
    const goodput = goodputOf(run, rampMs, durationMs);
    const [served, shed] = [run.fates.served, run.fates.shed].map((one) => percentileOf(one, 99));
    return {
      thresholds: [
        judged({
          name: 'goodput over C',
          value: goodput / capacity.perSecond,
          direction: 'at least',
          limit: 0.85,
          unit: '',
        }),
        judged({
          name: 'p99 of what was refused over p99 of what was served',
          value: (shed ?? Number.NaN) / (served ?? Number.NaN),
          direction: 'at most',
          limit: 0.1,
          unit: '',
        }),
        judged({
          name: 'neither served nor refused',
          value: run.counts.failed + run.counts.lost,
          direction: 'at most',
          limit: 0,
          unit: '',
        }),
      ],
      figures: [
        { name: 'goodput', value: goodput, unit: ' /s' },
        { name: 'p99 of what was served', value: served ?? Number.NaN, unit: ' ms' },
        { name: 'p99 of what was refused', value: shed ?? Number.NaN, unit: ' ms' },
        ...harness,
      ],
      runs: { overload: run },
    };
  },
};
