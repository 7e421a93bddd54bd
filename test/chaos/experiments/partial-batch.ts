import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** The projection fails in the middle of its batches, and says from which record on. */
export const partialBatch: Experiment<World> = {
  name: 'partial-batch',
  hypothesis: 'What a batch had applied before it failed stays, and what had not comes again.',
  blastRadius: 'group',
  runbook: 'function-errors',
  tells: [],
  inCi: true,
  inject: async ({ world, random, evidence, hold }) => {
    const before = world.pipeline.aws.harmed();
    // The SDK tries three times, so that about every third update fails.
    world.pipeline.aws.befall({
      call: 'UpdateItem',
      how: 'failing',
      befalls: () => random.percent(70),
    });
    await hold(2_000);
    evidence('updates failed', world.pipeline.aws.harmed() - before);
  },
};
