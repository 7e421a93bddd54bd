import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** The database accepts no more connections, and those there were are gone. */
export const postgresConnectionsExhausted: Experiment<World> = {
  name: 'postgres-connections-exhausted',
  hypothesis: 'Where no connection is left callers are told to come again, and do.',
  blastRadius: 'world',
  runbook: 'function-errors',
  tells: ['dependency-unavailable', 'unknown-outcome'],
  inject: async ({ world, undo, evidence, hold }) => {
    for (const { id, database } of world.database.api) {
      const admin = await world.admin(id);
      undo(() => admin.end());
      undo(() => admin.query(`ALTER DATABASE ${database} CONNECTION LIMIT -1`));
      await admin.query(`ALTER DATABASE ${database} CONNECTION LIMIT 0`);
      const { rowCount } = await admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND usename = 'atlas_api'`,
      );
      evidence('connections ended', rowCount ?? 0);
    }
    await hold(1_500);
  },
};
