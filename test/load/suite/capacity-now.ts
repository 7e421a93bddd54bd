import { closedRate } from './closed-rate.ts';
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
  const subject = await bench.subject();
  const perSecond = await closedRate(subject.generator, {
    seed,
    mix: usualMix,
    clients: capacity.clients,
    durationMs: bench.pace.measureMs,
  });
  return { subject, perSecond };
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
