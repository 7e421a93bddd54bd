import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** Nobody reaches the broker, for relay and consumer alike. */
export const kafkaUnreachable: Experiment<World> = {
  name: 'kafka-unreachable',
  hypothesis: 'While Kafka cannot be reached callers notice nothing, and no event is lost.',
  blastRadius: 'group',
  runbook: 'outbox-late',
  tells: [],
  inject: async ({ world, evidence, hold }) => {
    world.pipeline.kafka.cutOff();
    await hold(2_000);
    evidence('events waiting', await world.waitingEvents());
  },
};
