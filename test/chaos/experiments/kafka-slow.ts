import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** Every message to and from the broker takes its time, and not much goes through at once. */
export const kafkaSlow: Experiment<World> = {
  name: 'kafka-slow',
  hypothesis: 'A slow Kafka makes the view late, and nothing else.',
  blastRadius: 'group',
  runbook: 'outbox-late',
  tells: [],
  inject: async ({ world, random, evidence, hold }) => {
    const before = world.pipeline.kafka.harmed();
    world.pipeline.kafka.slowDown(random.integer(100, 300));
    world.pipeline.kafka.narrow(64 * 1024);
    await hold(3_000);
    evidence('messages delayed', world.pipeline.kafka.harmed() - before);
  },
};
