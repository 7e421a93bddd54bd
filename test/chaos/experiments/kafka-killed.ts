import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** The broker is killed, stays away, and comes back with its log. */
export const kafkaKilled: Experiment<World> = {
  name: 'kafka-killed',
  hypothesis:
    'Without Kafka callers notice nothing; events wait in the outbox and are published later.',
  blastRadius: 'parts',
  runbook: 'outbox-late',
  tells: [],
  inject: async ({ world, random, undo, evidence, hold }) => {
    undo(() => world.parts.start('kafka'));
    await world.parts.kill('kafka');
    await hold(random.integer(1_000, 3_000));
    evidence('events waiting', await world.waitingEvents());
  },
};
