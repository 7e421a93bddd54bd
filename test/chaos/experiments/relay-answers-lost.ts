import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** The relay’s connections end before it knows whether what it acknowledged was deleted. */
export const relayAnswersLost: Experiment<World> = {
  name: 'relay-answers-lost',
  hypothesis: 'A relay that loses answers of the database publishes every event, and in order.',
  blastRadius: 'group',
  runbook: 'outbox-late',
  tells: [],
  inject: async ({ world, random, evidence, hold, signal }) => {
    let lost = 0;
    const onLoss = () => {
      lost += 1;
    };
    for (let i = 0; i < 40 && !signal.aborted; i += 1) {
      const shard = random.integer(0, world.pipeline.postgres.length - 1);
      world.pipeline.postgres[shard]?.lose({ of: 'answer', after: 'reconnect', onLoss });
      await hold(random.integer(10, 60));
    }
    evidence('answers lost', lost);
  },
};
