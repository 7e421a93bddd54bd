import { median } from '../statistics.ts';

/** What was done a second with so many clients, round by round. */
export interface Step {
  readonly clients: number;
  readonly perSecond: readonly number[];
}

export interface Capacity {
  /** C: the highest goodput, as the median of its rounds. */
  readonly perSecond: number;
  /** The fewest clients that get so close to it that more would only wait. */
  readonly clients: number;
}

const close = 0.97;

/** Where a stair of clients stops to give more. */
export const kneeOf = (steps: readonly Step[]): Capacity => {
  const heights = steps
    .map(({ clients, perSecond }) => ({ clients, perSecond: median(perSecond) }))
    .toSorted((a, b) => a.clients - b.clients);
  const perSecond = Math.max(...heights.map((step) => step.perSecond));
  const knee = heights.find((step) => step.perSecond >= close * perSecond);
  if (knee === undefined) throw new RangeError('a stair needs steps');
  return { perSecond, clients: knee.clients };
};
