import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** The connection ends with the statement on the way: nothing was committed. */
export const postgresStatementsLost: Experiment<World> = {
  name: 'postgres-statements-lost',
  hypothesis: 'A statement that never arrived is sent again, once.',
  blastRadius: 'group',
  runbook: 'function-errors',
  tells: ['unknown-outcome', 'dependency-unavailable'],
  inject: async ({ world, random, evidence, hold, signal }) => {
    let lost = 0;
    const onLoss = () => {
      lost += 1;
    };
    for (let i = 0; i < 40 && !signal.aborted; i += 1) {
      const shard = random.integer(0, world.postgres.length - 1);
      world.postgres[shard]?.lose({ of: 'statement', after: 'reconnect', onLoss });
      await hold(random.integer(10, 60));
    }
    evidence('statements lost', lost);
  },
};
