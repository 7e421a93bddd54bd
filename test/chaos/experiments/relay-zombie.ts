import { kafkaEventLog, relayOutbox } from '@atlas/kafka';
import { postgresOutboxes } from '@atlas/postgres';
import { testServices } from '../../support/services.ts';
import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** A relay hangs past its lease, another takes over, and the first goes on with what it had read. */
export const relayZombie: Experiment<World> = {
  name: 'relay-zombie',
  hypothesis: 'What a zombie sends again has no second effect, and it deletes nothing of its heir.',
  blastRadius: 'group',
  runbook: 'outbox-late',
  tells: [],
  inject: async ({ world, random, undo, evidence, finding, hold, signal }) => {
    const { process } = world.pipeline;
    const log = kafkaEventLog({
      brokers: testServices().kafkaBrokers,
      clientId: 'heir',
      auth: 'none',
    });
    undo(() => log.close());
    const heir = postgresOutboxes({ shards: world.database.relay, namedStatements: true });
    undo(() => heir.close());
    undo(process.resume);
    let published = 0;
    for (let i = 0; i < 3 && !signal.aborted; i += 1) {
      await hold(random.integer(20, 150));
      process.pause();
      await hold(300);
      for (const { id } of world.database.api) {
        const admin = await world.admin(id);
        // A lease runs out only by time; the superuser turns the clock instead of waiting.
        await admin.query(`UPDATE ledger.outbox_lease SET expires_at = '-infinity'`);
        await admin.end();
      }
      published += await relayOutbox({
        outboxes: heir.outboxes,
        log,
        signal: AbortSignal.timeout(5_000),
        until: 'drained',
      });
      process.resume();
    }
    evidence('events that the heir published', published);
    if (published === 0) finding('the heir had nothing to do');
  },
};
