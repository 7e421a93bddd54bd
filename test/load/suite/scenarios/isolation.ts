import { setTimeout as wait } from 'node:timers/promises';
import { interleaved, percentileMs, ratio } from '../../statistics.ts';
import { judged } from '../../threshold.ts';
import type { Generator } from '../generator.ts';
import { servedTogether } from '../measures.ts';
import type { RunResult } from '../recorder.ts';
import { type Route, usualMix } from '../routes.ts';
import type { Scenario } from '../scenario.ts';

const share = 0.3;
const patienceMs = 10_000;
/** A twentieth asks for what DynamoDB has. */
const mix = { ...usualMix, 'read-eventual-balance': 5 };
/** Their functions ask DynamoDB for nothing but leases of quotas. read-balance serves both kinds of reads. */
const others = [
  'post-transfer',
  'read-account',
  'list-entries',
  'post-batch',
] as const satisfies readonly Route[];
const states = ['well', 'stalled'] as const;

/** How often it is looked whether everything is well again, before that counts as never. */
const mostLooks = 10;

/** Waits until what asks DynamoDB is served again: breakers close within six seconds, but not all at once. */
const settled = async (generator: Generator, settleMs: number, seed: number): Promise<void> => {
  const stretches = [{ perSecond: 50, durationMs: 1_000 }];
  const load = { kind: 'open', stretches, patienceMs } as const;
  for (let look = 0; look < mostLooks; look += 1) {
    await wait(settleMs);
    const { counts } = await generator.run({ seed, mix: { 'read-eventual-balance': 100 }, load });
    if (counts.shed + counts.failed + counts.lost === 0) return;
  }
  throw new Error('DynamoDB answers again, and reads that need it are not served');
};

export const isolation: Scenario = {
  name: 'isolation',
  claim: 'While DynamoDB answers nothing, callers who do not need it notice nothing.',
  run: async (bench) => {
    const { capacity } = await bench.capacity();
    const { generator } = await bench.subject();
    const { rounds, roundMs, settleMs } = bench.pace.isolation;
    const { aws } = bench.world;
    const runs: Record<(typeof states)[number], RunResult[]> = { well: [], stalled: [] };
    const stretches = [{ perSecond: share * capacity.perSecond, durationMs: roundMs }];
    const load = { kind: 'open', stretches, patienceMs } as const;
    let state: string = 'well';
    try {
      for (const [i, next] of interleaved(states, rounds).entries()) {
        if (next !== state) {
          if (next === 'well') aws.heal();
          else aws.befall({ call: 'DynamoDB', befalls: () => true, how: 'hanging' });
          if (next === 'well') await settled(generator, settleMs, bench.seed);
          state = next;
        }
        // Both rounds of a pair get the same requests at the same times.
        const seed = bench.seed + 2 * Math.floor(i / states.length);
        runs[next].push(await generator.run({ seed, mix, load }));
      }
    } finally {
      aws.heal();
    }
    const tails = (of: readonly RunResult[]) =>
      of.map((run) => percentileMs(servedTogether(run, others), 99));
    const notServed = (of: readonly RunResult[], those: readonly Route[]) =>
      of
        .flatMap(({ unserved }) => those.map((route) => unserved[route] ?? 0))
        .reduce((sum, one) => sum + one, 0);
    const lost = runs.stalled.reduce((sum, { counts }) => sum + counts.lost, 0);
    const [well, stalled] = [runs.well[0], runs.stalled[0]];
    return {
      thresholds: [
        judged({
          name: 'p99 of the other routes, while DynamoDB stalls over before',
          value: ratio(tails(runs.stalled), tails(runs.well)),
          direction: 'at most',
          limit: 1.1,
          unit: '',
        }),
        judged({
          name: 'requests of the other routes that were not served, or any that got no answer',
          value: notServed(runs.stalled, others) + lost,
          direction: 'at most',
          limit: 0,
          unit: '',
        }),
      ],
      figures: states.flatMap((one) => [
        {
          name: `eventual reads not served while DynamoDB is ${one}`,
          value: notServed(runs[one], ['read-eventual-balance']),
          unit: '' as const,
        },
        {
          name: `other reads of their function not served while DynamoDB is ${one}`,
          value: notServed(runs[one], ['read-balance']),
          unit: '' as const,
        },
      ]),
      runs: well === undefined || stalled === undefined ? {} : { well, stalled },
    };
  },
};
