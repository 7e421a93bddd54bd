import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** The process is killed with its statement on the way, or after COMMIT and before the answer. */
export const apiKilledAtCommit: Experiment<World> = {
  name: 'api-killed-at-commit',
  hypothesis:
    'Killed on either side of COMMIT, a transfer has happened once or not at all, and its key tells.',
  blastRadius: 'group',
  runbook: 'function-errors',
  // A new process has everything to load, and may need most of a request’s time for it.
  tells: ['no-answer', 'deadline-exceeded', 'dependency-unavailable'],
  inject: async ({ world, random, evidence, hold, signal }) => {
    for (const what of ['answer', 'statement', 'answer'] as const) {
      if (signal.aborted) return;
      await hold(random.integer(20, 200));
      let killed = 0;
      const onLoss = () => {
        if (killed === 0) world.api.kill();
        killed += 1;
      };
      for (const proxy of world.postgres) proxy.lose({ of: what, after: 'reconnect', onLoss });
      await world.api.ended();
      for (const proxy of world.postgres) proxy.disarm();
      evidence(`killed at the ${what}`, 1);
      await world.api.restart();
    }
  },
};
