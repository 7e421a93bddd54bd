import { setTimeout as sleep } from 'node:timers/promises';
import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** SIGTERM in the middle of batches. */
export const pipelineTerminated: Experiment<World> = {
  name: 'pipeline-terminated',
  hypothesis: 'Relay and consumer finish their batch after SIGTERM, and end in time.',
  blastRadius: 'group',
  runbook: 'outbox-late',
  tells: [],
  inject: async ({ world, random, undo, evidence, finding, hold }) => {
    const { process } = world.pipeline;
    await hold(random.integer(50, 500));
    const limit = new AbortController();
    undo(() => limit.abort());
    const late = sleep(10_000, 'late' as const, { signal: limit.signal }).catch(() => 'late');
    process.terminate();
    const ended = await Promise.race([process.ended().then(() => 'ended'), late]);
    if (ended === 'ended') evidence('processes terminated', 1);
    else finding('it had not ended after 10 s');
    process.kill();
    await process.restart();
  },
};
