/** Chance that can be had again from its seed. */
export interface Random {
  /** From 0 to 1, without 1. */
  readonly uniform: () => number;
  readonly normal: () => number;
}

/** mulberry32: 32 bits of state, enough for streams of failures. */
export const randomFrom = (seed: number): Random => {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
};

/** Above it the normal distribution is near enough, and takes the same time for any mean. */
const large = 50;

/** How many of rare, independent things happen. */
export const poisson = (random: Random, mean: number): number => {
  if (mean > large) return Math.max(0, Math.round(mean + Math.sqrt(mean) * random.normal()));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.uniform(); product > limit; product *= random.uniform()) count += 1;
  return count;
};

/** How many of so many fail, each by itself. */
export const binomial = (random: Random, trials: number, share: number): number =>
  Math.min(trials, poisson(random, trials * share));
