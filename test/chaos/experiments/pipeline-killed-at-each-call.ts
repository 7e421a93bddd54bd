import { pollUntil } from '../../support/poll.ts';
import type { Experiment } from '../framework/experiment.ts';
import type { Side } from '../framework/io-recorder.ts';
import type { World } from '../framework/world.ts';

/** Relay and consumer are killed before and after each kind of call that they were seen to make. */
export const pipelineKilledAtEachCall: Experiment<World> = {
  name: 'pipeline-killed-at-each-call',
  hypothesis: 'Wherever relay and consumer die between two calls, each event has one effect.',
  blastRadius: 'group',
  runbook: 'outbox-late',
  tells: [],
  once: true,
  inject: async ({ world: { pipeline }, evidence, finding, hold, signal }) => {
    const { process, recorder } = pipeline;
    recorder.listen();
    await hold(2_000);
    const calls = new Set(recorder.heard().map(({ part, call }) => `${part} ${call}`));
    evidence('kinds of calls', calls.size);
    for (const name of calls) {
      for (const side of ['before', 'after'] as const satisfies readonly Side[]) {
        if (signal.aborted) return;
        recorder.strikeAt(({ part, call }) => `${part} ${call}` === name, side, process.kill);
        const struck = await pollUntil(async () => recorder.hasStruck(), Boolean, 15_000).catch(
          () => false,
        );
        if (struck) evidence(`killed ${side} ${name}`, 1);
        else finding(`${name} was not seen again`);
        if (!process.isDead()) process.kill();
        await process.restart();
      }
    }
  },
};
