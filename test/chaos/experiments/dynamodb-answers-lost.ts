import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** DynamoDB does what it is asked, and the answer never comes. */
export const dynamodbAnswersLost: Experiment<World> = {
  name: 'dynamodb-answers-lost',
  hypothesis: 'A lost answer of DynamoDB does nothing twice, neither to keys nor to balances.',
  blastRadius: 'group',
  runbook: 'function-errors',
  tells: ['dependency-unavailable', 'idempotency-key-in-flight'],
  inCi: true,
  inject: async ({ world, random, evidence, hold }) => {
    const before = world.aws.harmed() + world.pipeline.aws.harmed();
    for (const proxy of [world.aws, world.pipeline.aws]) {
      proxy.befall({ call: 'DynamoDB', how: 'unanswered', befalls: () => random.percent(20) });
    }
    await hold(2_000);
    evidence('answers lost', world.aws.harmed() + world.pipeline.aws.harmed() - before);
  },
};
