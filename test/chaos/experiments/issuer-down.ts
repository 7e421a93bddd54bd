import type { Experiment } from '../framework/experiment.ts';
import { sideApi } from '../framework/side-api.ts';
import type { World } from '../framework/world.ts';

/** The issuer’s keys cannot be fetched: for a process that has them, and for one that has not. */
export const issuerDown: Experiment<World> = {
  name: 'issuer-down',
  hypothesis: 'Without the issuer known keys go on; who has none yet tells callers to come again.',
  blastRadius: 'group',
  runbook: 'function-errors',
  tells: ['dependency-unavailable'],
  inject: async ({ world, load, undo, evidence, finding }) => {
    const side = await sideApi(world, load);
    undo(side.close);
    const key = await side.issuer.newKey();
    side.issuer.publish([key]);
    if ((await side.read(key)).status !== 200) finding('the key was refused');
    side.issuer.fail();
    const known = await side.read(key, 'another subject');
    if (known.status !== 200) finding(`a known key was answered with ${known.status}`);
    side.api.kill();
    await side.api.restart();
    const cold = await side.read(key);
    evidence(`answers of a new process with ${cold.body.code}`, 1);
    if (cold.body.code !== 'dependency-unavailable') finding('a new process blames the caller');
    side.issuer.publish([key]);
    if ((await side.read(key)).status !== 200) finding('the issuer was back, and the key refused');
  },
};
