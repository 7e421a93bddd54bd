import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** SIGTERM in the middle of requests. */
export const apiTerminated: Experiment<World> = {
  name: 'api-terminated',
  hypothesis: 'Requests that SIGTERM cuts off are found out by their keys.',
  blastRadius: 'group',
  runbook: 'function-errors',
  // A new process has everything to load, and may need most of a request’s time for it.
  tells: ['no-answer', 'deadline-exceeded', 'dependency-unavailable'],
  inject: async ({ world, random, evidence, hold, signal }) => {
    for (let i = 0; i < 2 && !signal.aborted; i += 1) {
      await hold(random.integer(20, 300));
      world.api.terminate();
      await world.api.ended();
      evidence('processes terminated', 1);
      await world.api.restart();
    }
  },
};
