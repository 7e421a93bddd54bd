import { randomUUID } from 'node:crypto';
import { pollUntil } from '../../support/poll.ts';
import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** The process is killed when it has claimed a key in DynamoDB and done nothing yet. */
export const apiKilledAfterClaim: Experiment<World> = {
  name: 'api-killed-after-claim',
  hypothesis:
    'A key that was claimed by a dead process is free again once that could not live any more.',
  blastRadius: 'group',
  runbook: 'function-errors',
  tells: ['no-answer', 'idempotency-key-in-flight', 'deadline-exceeded', 'dependency-unavailable'],
  inject: async ({ world, load, evidence, finding }) => {
    const code = `C${randomUUID().slice(0, 8).toUpperCase()}`;
    const headers = { 'Idempotency-Key': randomUUID() };
    const create = () => load.client.post('/v1/assets', { code, scale: 2 }, headers);
    let killed = 0;
    world.aws.befall({
      call: 'PutItem',
      how: 'unanswered',
      befalls: () => {
        killed += 1;
        if (killed === 1) world.api.kill();
        return true;
      },
    });
    await create().catch(() => {});
    await world.api.ended();
    world.aws.heal();
    await world.api.restart();
    evidence('killed after the claim', killed);
    const again = await pollUntil(
      () => create().catch(() => undefined),
      (answer) => answer?.status === 201,
      20_000,
    );
    const { items } = (await load.client.get('/v1/assets')).body;
    const found = items.filter((asset: { readonly code: string }) => asset.code === code).length;
    if (found !== 1) finding(`the key ${again?.status} made ${found} assets`);
  },
};
