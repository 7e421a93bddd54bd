import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** Somebody holds the locks of all partitions of a shard, for longer than a write waits for them. */
export const postgresLockHeld: Experiment<World> = {
  name: 'postgres-lock-held',
  hypothesis: 'A lock that is held for too long makes writers give up in time; none of them wrote.',
  blastRadius: 'world',
  runbook: 'function-slow',
  tells: ['overloaded', 'dependency-unavailable', 'deadline-exceeded'],
  inject: async ({ world, random, undo, evidence, hold }) => {
    const admin = await world.admin(0);
    undo(() => admin.end());
    undo(() => admin.query('ROLLBACK'));
    await admin.query('BEGIN');
    await admin.query('SELECT pg_advisory_xact_lock(421, p) FROM generate_series(0, 255) AS p');
    await hold(random.integer(2_500, 4_000));
    const { rows } = await admin.query(
      `SELECT count(*)::int AS n FROM pg_locks l JOIN pg_database d ON d.oid = l.database
        WHERE NOT l.granted AND d.datname = current_database()`,
    );
    evidence('writers waiting', rows[0].n);
  },
};
