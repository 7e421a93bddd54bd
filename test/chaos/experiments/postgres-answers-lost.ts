import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** The connection ends after COMMIT and before its answer, again and again. */
export const postgresAnswersLost: Experiment<World> = {
  name: 'postgres-answers-lost',
  hypothesis: 'A connection that is cut after COMMIT loses nothing and doubles nothing.',
  blastRadius: 'group',
  runbook: 'function-errors',
  tells: ['unknown-outcome', 'dependency-unavailable'],
  inCi: true,
  inject: async ({ world, random, evidence, hold, signal }) => {
    let lost = 0;
    const onLoss = () => {
      lost += 1;
    };
    for (let i = 0; i < 40 && !signal.aborted; i += 1) {
      const shard = random.integer(0, world.postgres.length - 1);
      world.postgres[shard]?.lose({ of: 'answer', after: 'reconnect', onLoss });
      await hold(random.integer(10, 60));
    }
    evidence('answers lost after COMMIT', lost);
  },
};
