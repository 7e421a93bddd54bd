import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** The way to the shards is there, and gone, and there again. */
export const postgresFlapping: Experiment<World> = {
  name: 'postgres-flapping',
  hypothesis: 'A dependency that comes and goes delays callers, and nothing is lost or done twice.',
  blastRadius: 'group',
  runbook: 'function-errors',
  tells: ['dependency-unavailable', 'unknown-outcome', 'deadline-exceeded'],
  inCi: true,
  inject: async ({ world, random, evidence, hold, signal }) => {
    for (let i = 0; i < 8 && !signal.aborted; i += 1) {
      for (const proxy of world.postgres) proxy.cutOff();
      evidence('times gone', 1);
      await hold(random.integer(50, 200));
      for (const proxy of world.postgres) proxy.heal();
      await hold(random.integer(50, 250));
    }
  },
};
