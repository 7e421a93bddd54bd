import { usualMix } from './routes.ts';
import type { LoadBench } from './scenario.ts';
import type { Subject } from './world.ts';

export interface CapacityNow {
  readonly subject: Subject;
  readonly perSecond: number;
}

/**
 * C as it is at this moment: a machine that others share is not as fast at every time. The subject is that of the
 * bench, with its database anew.
 */
export const capacityNow = async (bench: LoadBench, seed: number): Promise<CapacityNow> => {
  const { capacity } = await bench.capacity();
  const { measureMs } = bench.pace;
  const subject = await bench.subject();
  const load = { kind: 'closed', clients: capacity.clients, durationMs: measureMs } as const;
  const { counts } = await subject.generator.run({ seed, mix: usualMix, load });
  const { served, ...others } = counts;
  // What is refused costs little, and would make C too small.
  if (Object.values(others).some((count) => count > 0)) {
    throw new Error(`without a limit something was not served: ${JSON.stringify(counts)}`);
  }
  return { subject, perSecond: (served / measureMs) * 1_000 };
};

/** The round in the middle by a figure: the one to be shown. */
export const middleOf = <Round>(
  rounds: readonly Round[],
  figureOf: (round: Round) => number,
): Round => {
  const sorted = rounds.toSorted((a, b) => figureOf(a) - figureOf(b));
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new RangeError('there is no middle of no rounds');
  return middle;
};
