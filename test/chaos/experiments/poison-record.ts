import { appendRefused } from '../framework/append-refused.ts';
import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** A record that is no event at all. */
export const poisonRecord: Experiment<World> = {
  name: 'poison-record',
  hypothesis:
    'A record that nobody can read goes to the failure topic; those behind it are applied.',
  blastRadius: 'group',
  runbook: 'function-errors',
  tells: [],
  inCi: true,
  inject: async ({ world, evidence }) => {
    evidence('records given up', await appendRefused(world, { value: 'this is not JSON' }));
  },
};
