import type { Experiment } from '../framework/experiment.ts';
import { failInserts } from '../framework/injectors/failing-inserts.ts';
import type { World } from '../framework/world.ts';

/** Postgres answers every write as it does when its disk is full. */
export const postgresDiskFull: Experiment<World> = {
  name: 'postgres-disk-full',
  hypothesis: 'While the disk is full nothing is written and callers are told to come again.',
  blastRadius: 'world',
  runbook: 'function-errors',
  tells: ['dependency-unavailable'],
  inCi: true,
  inject: async ({ world, undo, evidence, hold }) => {
    for (const { id } of world.database.api) {
      const admin = await world.admin(id);
      undo(() => admin.end());
      const failing = await failInserts(admin, '53100', 1);
      undo(() => failing.end());
      undo(async () => evidence('writes refused', await failing.failed()));
    }
    await hold(1_500);
  },
};
