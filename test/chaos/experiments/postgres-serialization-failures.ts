import type { Experiment } from '../framework/experiment.ts';
import { failInserts } from '../framework/injectors/failing-inserts.ts';
import type { World } from '../framework/world.ts';

/** Every other write is rolled back because it could not be serialized. */
export const postgresSerializationFailures: Experiment<World> = {
  name: 'postgres-serialization-failures',
  hypothesis: 'Transactions that could not be serialized are repeated, and callers hardly notice.',
  blastRadius: 'world',
  runbook: 'function-errors',
  tells: ['overloaded'],
  inject: async ({ world, random, undo, evidence, hold }) => {
    const oneIn = random.integer(2, 3);
    for (const { id } of world.database.api) {
      const admin = await world.admin(id);
      undo(() => admin.end());
      const failing = await failInserts(admin, '40001', oneIn);
      undo(() => failing.end());
      undo(async () => evidence('transactions rolled back', await failing.failed()));
    }
    await hold(1_500);
  },
};
