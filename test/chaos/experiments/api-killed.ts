import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** The process that answers is killed, whatever it is doing. */
export const apiKilled: Experiment<World> = {
  name: 'api-killed',
  hypothesis: 'A request whose process was killed is found out by its key.',
  blastRadius: 'group',
  runbook: 'function-errors',
  // A new process has everything to load, and may need most of a request’s time for it.
  tells: ['no-answer', 'deadline-exceeded', 'dependency-unavailable'],
  fis: {
    actionId: 'aws:lambda:invocation-error',
    parameters: { duration: 'PT5M', invocationPercentage: '20', preventExecution: 'false' },
  },
  inject: async ({ world, random, evidence, hold, signal }) => {
    for (let i = 0; i < 2 && !signal.aborted; i += 1) {
      await hold(random.integer(20, 300));
      world.api.kill();
      evidence('processes killed', 1);
      await world.api.restart();
    }
  },
};
