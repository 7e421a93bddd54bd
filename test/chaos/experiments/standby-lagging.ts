import pg from 'pg';
import { pollUntil } from '../../support/poll.ts';
import { testServices } from '../../support/services.ts';
import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** The standby receives and does not replay. */
export const standbyLagging: Experiment<World> = {
  name: 'standby-lagging',
  hypothesis: 'A standby that lags delays nobody, and has everything once it goes on.',
  blastRadius: 'parts',
  runbook: undefined,
  tells: [],
  inject: async ({ world, random, load, undo, evidence, finding, hold }) => {
    const url = new URL(testServices().standbyAdminUrl);
    url.pathname = `/${world.database.api[0]?.database}`;
    const standby = new pg.Client({ connectionString: url.toString() });
    const primary = await world.admin(0);
    undo(() => primary.end());
    undo(() => standby.end());
    await standby.connect();
    undo(() => standby.query('SELECT pg_wal_replay_resume()'));
    await standby.query('SELECT pg_wal_replay_pause()');
    const posted = load.load.acknowledged.length;
    await hold(random.integer(1_000, 2_500));
    if (load.load.acknowledged.length === posted) finding('no transfer was posted meanwhile');
    const { rows: ends } = await primary.query('SELECT pg_current_wal_flush_lsn()::text AS lsn');
    const behind = async () => {
      const { rows } = await standby.query(
        'SELECT pg_wal_lsn_diff($1, pg_last_wal_replay_lsn())::float8 AS bytes',
        [ends[0].lsn],
      );
      return Math.max(0, rows[0].bytes);
    };
    evidence('bytes not replayed', await behind());
    await standby.query('SELECT pg_wal_replay_resume()');
    await pollUntil(behind, (bytes) => bytes === 0, 15_000);
    const acknowledged = load.load.acknowledged.slice(0, posted);
    const { rows: found } = await standby.query(
      'SELECT transfer_id FROM ledger.transfer WHERE tenant = $1',
      [load.tenant],
    );
    const { rows: wanted } = await primary.query(
      'SELECT transfer_id FROM ledger.transfer WHERE transfer_id = ANY ($1)',
      [acknowledged.map(({ transferId }) => transferId)],
    );
    const there = new Set(found.map((row) => row.transfer_id));
    const missing = wanted.filter((row) => !there.has(row.transfer_id)).length;
    if (missing > 0) finding(`lost: the standby lacks ${missing} acknowledged transfers`);
  },
};
