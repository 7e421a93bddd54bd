import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** The process that answers gets no time for a while, and goes on where it was. */
export const apiPaused: Experiment<World> = {
  name: 'api-paused',
  hypothesis: 'A process that hangs and goes on loses nothing, and does nothing a second time.',
  blastRadius: 'group',
  runbook: 'function-slow',
  tells: [],
  inject: async ({ world, random, undo, load, evidence, finding, hold }) => {
    undo(world.api.resume);
    world.api.pause();
    await hold(200);
    const served = load.answers.served;
    await hold(random.integer(500, 1_500));
    if (load.answers.served === served) evidence('processes paused', 1);
    else finding('the process went on');
  },
};
