import { setTimeout as wait } from 'node:timers/promises';
import { judged } from '../../threshold.ts';
import type { Front } from '../front.ts';
import { driftOf, errorsOf, percentileOf } from '../measures.ts';
import { usualMix } from '../routes.ts';
import type { LoadBench, Scenario, ScenarioOutcome } from '../scenario.ts';
import type { Subject } from '../world.ts';

const share = 0.5;
const patienceMs = 10_000;
const megabyte = 1_000_000;
const tellEveryMs = 60_000;

/**
 * V8 lets the space for new objects grow while much survives its collections, step by step over many minutes, and
 * never gives it back: tens of megabytes that look like a leak. With little of it what grows is what is kept.
 */
const environment = { NODE_OPTIONS: '--max-semi-space-size=2' };

/** Reads the memory of all environments again and again, and takes from them what they keep for the asker. */
const watchMemory = async (
  front: Front,
  everyMs: number,
  signal: AbortSignal,
  tell: (megabytes: number) => void,
): Promise<readonly number[]> => {
  const readings: number[] = [];
  for (let toldMs = 0; !signal.aborted; ) {
    await front.durationsMs();
    const bytes = front.residentBytes();
    readings.push(bytes);
    if (performance.now() - toldMs >= tellEveryMs) {
      toldMs = performance.now();
      tell(bytes / megabyte);
    }
    await wait(everyMs, undefined, { signal }).catch(() => {});
  }
  return readings;
};

const soaked = async (
  bench: LoadBench,
  { front, generator }: Subject,
  perSecond: number,
): Promise<ScenarioOutcome> => {
  const { soakMs, memoryEveryMs } = bench.pace;
  const over = new AbortController();
  const tell = (megabytes: number) => bench.say(`soak: ${megabytes.toFixed(0)} MB resident`);
  const watching = watchMemory(front, memoryEveryMs, over.signal, tell);
  const stretches = [{ perSecond: share * perSecond, durationMs: soakMs }];
  const load = { kind: 'open', stretches, patienceMs } as const;
  const run = await generator
    .run({ seed: bench.seed, mix: usualMix, load })
    .finally(() => over.abort());
  const readings = await watching;
  return {
    thresholds: [
      judged({
        name: 'resident memory at the end over that after the warm-up',
        value: driftOf(readings),
        direction: 'at most',
        limit: 1.05,
        unit: '',
      }),
      judged({ name: 'errors', value: errorsOf(run), direction: 'at most', limit: 0, unit: '' }),
    ],
    figures: [
      { name: 'minutes', value: soakMs / 60_000, unit: '' },
      { name: 'resident at first', value: (readings[0] ?? 0) / megabyte, unit: ' MB' },
      { name: 'resident at last', value: (readings.at(-1) ?? 0) / megabyte, unit: ' MB' },
      { name: 'p99', value: percentileOf(run.fates.served, 99), unit: ' ms' },
    ],
    runs: { soak: run },
  };
};

export const soak: Scenario = {
  name: 'soak',
  claim: 'Hours of work leave nothing behind in the functions’ memory, as far as minutes can show.',
  run: async (bench) => {
    const { capacity } = await bench.capacity();
    const subject = await bench.another({ environment });
    try {
      return await soaked(bench, subject, capacity.perSecond);
    } finally {
      await subject.close();
    }
  },
};
