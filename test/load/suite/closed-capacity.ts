import { interleaved } from '../statistics.ts';
import { closedRate } from './closed-rate.ts';
import { type Capacity, kneeOf, type Step } from './knee.ts';
import { usualMix } from './routes.ts';
import type { LoadBench } from './scenario.ts';

export interface CapacityRun {
  readonly capacity: Capacity;
  readonly steps: readonly Step[];
}

/** Climbs a stair of clients, each of which waits for its answers, in interleaved rounds. */
export const closedCapacity = async (
  bench: Pick<LoadBench, 'pace' | 'seed' | 'say' | 'subject'>,
): Promise<CapacityRun> => {
  const { clients: stair, rounds, roundMs } = bench.pace.capacity;
  const steps = stair.map((clients) => ({ clients, perSecond: [] as number[] }));
  for (const [i, step] of interleaved(steps, rounds).entries()) {
    const { generator } = await bench.subject();
    const load = { seed: bench.seed + i, mix: usualMix, durationMs: roundMs };
    step.perSecond.push(await closedRate(generator, { ...load, clients: step.clients }));
  }
  const capacity = kneeOf(steps);
  bench.say(`C is ${capacity.perSecond.toFixed(0)}/s, from ${capacity.clients} clients on`);
  return { capacity, steps };
};
