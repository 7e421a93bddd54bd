import type { Experiment } from '../framework/experiment.ts';
import { sideApi } from '../framework/side-api.ts';
import type { World } from '../framework/world.ts';

/** The issuer publishes a new key beside the old, then signs with the new alone. */
export const issuerKeysRotated: Experiment<World> = {
  name: 'issuer-keys-rotated',
  hypothesis:
    'Tokens of a new key are accepted once it is published, and of an old one as long as it is.',
  blastRadius: 'group',
  runbook: undefined,
  tells: [],
  inject: async ({ world, load, undo, evidence, finding }) => {
    const side = await sideApi(world, load);
    undo(side.close);
    const old = await side.issuer.newKey();
    side.issuer.publish([old]);
    const status = async (key: typeof old) => (await side.read(key)).status;
    if ((await status(old)) !== 200) finding('the first key was refused');
    const next = await side.issuer.newKey();
    side.issuer.publish([old, next]);
    // Unknown keys are looked up again after a while only, so that nobody can make us ask all the time.
    side.api.tell({ clockOffsetMs: 60_000 });
    if ((await status(next)) !== 200) finding('the new key was refused');
    if ((await status(old)) !== 200) finding('the old key was refused while it was published');
    side.issuer.publish([next]);
    side.api.tell({ clockOffsetMs: 15 * 60_000 });
    if ((await status(next)) !== 200) finding('the new key was refused alone');
    const refused = await side.read(old, 'another subject');
    if (refused.body.code !== 'unauthenticated') finding('a key that was withdrawn is accepted');
    evidence('times the keys were fetched', side.issuer.fetched());
  },
};
