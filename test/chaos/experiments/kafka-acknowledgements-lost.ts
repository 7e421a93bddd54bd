import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** The broker appends, and its acknowledgement is lost on the way: the relay sends again. */
export const kafkaAcknowledgementsLost: Experiment<World> = {
  name: 'kafka-acknowledgements-lost',
  hypothesis: 'Events whose acknowledgement was lost are on the log, and have one effect.',
  blastRadius: 'group',
  runbook: 'outbox-late',
  tells: [],
  inCi: true,
  inject: async ({ world, random, evidence, hold }) => {
    const before = world.pipeline.kafka.lost();
    world.pipeline.kafka.loseAcknowledgements(() => random.percent(40));
    await hold(2_500);
    evidence('acknowledgements lost', world.pipeline.kafka.lost() - before);
  },
};
