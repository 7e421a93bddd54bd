import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** A shard is killed as a machine is that loses its power, and started again. */
export const postgresKilled: Experiment<World> = {
  name: 'postgres-killed',
  hypothesis: 'What a shard acknowledged before it was killed is there when it is back.',
  blastRadius: 'parts',
  runbook: 'function-errors',
  tells: ['dependency-unavailable', 'unknown-outcome', 'deadline-exceeded'],
  fis: { actionId: 'aws:rds:failover-db-cluster', parameters: {} },
  inject: async ({ world, random, undo, evidence, hold }) => {
    undo(() => world.parts.start('postgres-0'));
    await world.parts.kill('postgres-0');
    evidence('servers killed', 1);
    await hold(random.integer(200, 1_500));
  },
};
