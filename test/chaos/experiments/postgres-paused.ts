import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** A shard gets no time: connections stay, and nothing answers. */
export const postgresPaused: Experiment<World> = {
  name: 'postgres-paused',
  hypothesis:
    'While a shard hangs, callers are told so in time, and nothing is done twice afterwards.',
  blastRadius: 'parts',
  runbook: 'function-slow',
  tells: ['dependency-unavailable', 'unknown-outcome', 'deadline-exceeded', 'overloaded'],
  inject: async ({ world, random, undo, evidence, hold }) => {
    undo(() => world.parts.resume('postgres-0'));
    world.parts.pause('postgres-0');
    evidence('servers paused', 1);
    await hold(random.integer(2_500, 5_500));
  },
};
