import { plantEvent } from '../../support/plant-event.ts';
import { pollUntil } from '../../support/poll.ts';
import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** A row of the outbox that no schema accepts. */
export const poisonEvent: Experiment<World> = {
  name: 'poison-event',
  hypothesis: 'An event that no schema accepts parks its account; all others go on.',
  blastRadius: 'world',
  runbook: 'outbox-parked',
  tells: [],
  inject: async ({ world, load, undo, evidence }) => {
    const accountId = await load.client.account({ asset: 'EUR' });
    const shard = Number.parseInt(accountId.slice(15, 17), 16) >> 7;
    const admin = await world.admin(shard);
    undo(() => admin.end());
    const id = await plantEvent(admin, {
      tenant: load.tenant,
      accountId,
      type: 'AccountFrozen',
      payload: { accountId, version: 'two' },
    });
    undo(() => admin.query('SELECT ledger.unpark_outbox()'));
    undo(() => admin.query('DELETE FROM ledger.outbox WHERE id = $1', [id.toString()]));
    const parked = async () => {
      const { rowCount } = await admin.query(
        'SELECT FROM ledger.outbox_parked WHERE aggregate_id = $1',
        [accountId],
      );
      return rowCount ?? 0;
    };
    evidence('accounts parked', await pollUntil(parked, (count) => count > 0, 15_000));
  },
};
