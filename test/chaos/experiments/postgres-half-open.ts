import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** Connections stand, and nothing comes through them, for longer than a request may take. */
export const postgresHalfOpen: Experiment<World> = {
  name: 'postgres-half-open',
  hypothesis:
    'A request whose time runs out while it waits is told so in time, and whether it may have happened.',
  blastRadius: 'group',
  runbook: 'function-slow',
  tells: ['unknown-outcome', 'deadline-exceeded', 'dependency-unavailable'],
  inject: async ({ world, evidence, finding, hold, load }) => {
    for (const proxy of world.postgres) proxy.halfOpen();
    await hold(6_500);
    evidence('outcomes unknown', load.answers.told.get('unknown-outcome') ?? 0);
    if (!load.answers.told.has('unknown-outcome')) finding('nobody’s time ran out');
  },
};
