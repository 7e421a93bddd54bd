import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** DynamoDB and SQS go away all at once, and come back with what they had. */
export const emulatorRestarted: Experiment<World> = {
  name: 'emulator-restarted',
  hypothesis: 'Without DynamoDB and SQS transfers are posted as ever; the view catches up.',
  blastRadius: 'parts',
  runbook: 'local-platform',
  tells: ['dependency-unavailable', 'idempotency-key-in-flight'],
  inject: async ({ world, random, load, undo, evidence, finding, hold }) => {
    undo(() => world.parts.start('aws'));
    const posted = load.load.acknowledged.length;
    await world.parts.stop('aws');
    await hold(random.integer(300, 1_500));
    evidence('restarts', 1);
    if (load.load.acknowledged.length === posted) finding('no transfer was posted meanwhile');
  },
};
