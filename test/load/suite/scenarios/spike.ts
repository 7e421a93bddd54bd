import { judged } from '../../threshold.ts';
import { recoverySecondsOf } from '../measures.ts';
import type { RunResult } from '../recorder.ts';
import { usualMix } from '../routes.ts';
import type { LoadBench, Scenario } from '../scenario.ts';
import type { Subject } from '../world.ts';
import { mostWaitSeconds } from './overload.ts';

const calmShare = 0.2;
const spikeTimes = 2;
const patienceMs = 30_000;

/** A fifth of C, twice C, and a fifth again. */
const spikeOn = async (
  { generator }: Subject,
  bench: LoadBench,
  capacity: number,
): Promise<RunResult> => {
  const { calmMs, spikeMs, afterMs } = bench.pace.spike;
  const stretches = [
    { perSecond: calmShare * capacity, durationMs: calmMs },
    { perSecond: spikeTimes * capacity, durationMs: spikeMs },
    { perSecond: calmShare * capacity, durationMs: afterMs },
  ];
  const load = { kind: 'open', stretches, patienceMs } as const;
  return generator.run({ seed: bench.seed, mix: usualMix, load });
};

const withoutShedding = async (bench: LoadBench, capacity: number): Promise<RunResult> => {
  const bare = await bench.another({ form: 'without-toolkit' });
  try {
    return await spikeOn(bare, bench, capacity);
  } finally {
    await bare.close();
  }
};

/**
 * Once with a gateway that refuses what is too much, and once with one that lets everything wait. Then what would
 * be without shedding: it is no threshold, but shows that there is something to be met.
 */
export const spike: Scenario = {
  name: 'spike',
  claim: 'Ten seconds after a spike callers do not notice any more that there was one.',
  run: async (bench) => {
    const { perSecond } = (await bench.capacity()).capacity;
    const { calmMs, spikeMs } = bench.pace.spike;
    const recovery = (run: RunResult) => recoverySecondsOf(run, calmMs, calmMs + spikeMs);
    const subject = await bench.subject();
    await subject.front.limit(Math.ceil(mostWaitSeconds * perSecond));
    const limited = await spikeOn(subject, bench, perSecond);
    const waiting = await spikeOn(await bench.subject(), bench, perSecond);
    const unshed = await withoutShedding(bench, perSecond);
    const within = (name: string, run: RunResult) =>
      judged({ name, value: recovery(run), direction: 'at most', limit: 10, unit: ' s' });
    return {
      thresholds: [
        within('recovery, when the gateway refuses what is too much', limited),
        within('recovery, when everything waits and functions shed by age', waiting),
      ],
      figures: [
        { name: 'recovery, when nothing is shed', value: recovery(unshed), unit: ' s' },
        { name: 'refused by the gateway', value: limited.counts.shed, unit: '' },
        { name: 'shed by age', value: waiting.counts.shed, unit: '' },
        {
          name: 'failed or lost',
          value: [limited, waiting].reduce(
            (sum, { counts }) => sum + counts.failed + counts.lost,
            0,
          ),
          unit: '',
        },
      ],
      runs: {
        'the gateway refuses': limited,
        'functions shed by age': waiting,
        'nothing is shed': unshed,
      },
    };
  },
};
