import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** 5 of 100 calls of DynamoDB fail: the SDK’s own attempts hide nearly all of them. */
export const dynamodbErrors: Experiment<World> = {
  name: 'dynamodb-errors',
  hypothesis: 'When 5 % of DynamoDB’s answers are errors, nobody loses anything.',
  blastRadius: 'group',
  runbook: 'function-errors',
  tells: ['dependency-unavailable', 'idempotency-key-in-flight'],
  inject: async ({ world, random, evidence, hold }) => {
    const before = world.aws.harmed() + world.pipeline.aws.harmed();
    for (const proxy of [world.aws, world.pipeline.aws]) {
      proxy.befall({ call: 'DynamoDB', how: 'failing', befalls: () => random.percent(5) });
    }
    await hold(2_000);
    evidence('failed calls', world.aws.harmed() + world.pipeline.aws.harmed() - before);
  },
};
