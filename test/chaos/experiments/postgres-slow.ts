import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** Every message to and from the shards takes its time, within what requests have. */
export const postgresSlow: Experiment<World> = {
  name: 'postgres-slow',
  hypothesis: 'Slow ways to the shards make requests slow, and none of them fails.',
  blastRadius: 'group',
  runbook: 'function-slow',
  tells: [],
  fis: {
    actionId: 'aws:lambda:invocation-add-delay',
    parameters: { duration: 'PT5M', invocationPercentage: '50', startupDelayMilliseconds: '500' },
  },
  inject: async ({ world, random, evidence, hold }) => {
    const harmed = () => world.postgres.reduce((sum, proxy) => sum + proxy.harmed(), 0);
    const before = harmed();
    for (const proxy of world.postgres) {
      proxy.slowDown(random.integer(50, 200));
      proxy.narrow(256 * 1024);
    }
    await hold(2_000);
    evidence('messages delayed', harmed() - before);
  },
};
