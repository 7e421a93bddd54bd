import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** The relay and the consumer are killed, whatever they are doing. */
export const pipelineKilled: Experiment<World> = {
  name: 'pipeline-killed',
  hypothesis: 'Relay and consumer lose no event when they are killed, and none has two effects.',
  blastRadius: 'group',
  runbook: 'outbox-late',
  tells: [],
  inject: async ({ world, random, evidence, hold, signal }) => {
    for (let i = 0; i < 2 && !signal.aborted; i += 1) {
      await hold(random.integer(50, 500));
      world.pipeline.process.kill();
      evidence('processes killed', 1);
      await world.pipeline.process.restart();
    }
  },
};
