import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** DynamoDB refuses everything for want of capacity, in the read model as in the store of keys. */
export const dynamodbThrottled: Experiment<World> = {
  name: 'dynamodb-throttled',
  hypothesis: 'While DynamoDB throttles everything, transfers are posted as ever.',
  blastRadius: 'group',
  runbook: 'function-errors',
  tells: ['dependency-unavailable', 'idempotency-key-in-flight'],
  inCi: true,
  inject: async ({ world, load, evidence, finding, hold }) => {
    const before = world.aws.harmed() + world.pipeline.aws.harmed();
    const posted = load.load.acknowledged.length;
    for (const proxy of [world.aws, world.pipeline.aws]) {
      proxy.befall({ call: 'DynamoDB', how: 'throttled', befalls: () => true });
    }
    await hold(2_000);
    evidence('throttled calls', world.aws.harmed() + world.pipeline.aws.harmed() - before);
    if (load.load.acknowledged.length === posted) finding('no transfer was posted meanwhile');
  },
};
