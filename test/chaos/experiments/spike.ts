import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Experiment } from '../framework/experiment.ts';
import { sendTransfer } from '../framework/transfer-load.ts';
import type { World } from '../framework/world.ts';

const sampleMs = 700;
/** What is moved has to be read back and projected, too. */
const mostPerSecond = 150;

/** A fifth of what the API can do, twice that much as it can, and a fifth again. */
export const spike: Experiment<World> = {
  name: 'spike',
  hypothesis:
    'Twice the load that can be served is served late or told to come again, and loses nothing.',
  blastRadius: 'group',
  runbook: 'function-throttles',
  tells: ['overloaded', 'dependency-unavailable', 'deadline-exceeded', 'unknown-outcome'],
  abortWhen: () => undefined,
  inject: async ({ load, random, evidence, finding, signal }) => {
    const giveUpMs = Date.now() + 40_000;
    let underWay = 0;
    let most = 0;
    const send = async () => {
      const from = random.integer(0, 2);
      const posting = {
        debitAccountId: load.accounts[from],
        creditAccountId: load.accounts[(from + 1) % 3],
      };
      const body = { postings: [{ ...posting, amount: '1' }], reference: randomUUID() };
      load.load.attemptedKeys.push(body.reference);
      underWay += 1;
      most = Math.max(most, underWay);
      await sendTransfer(load.client, load.load, body, () => Date.now() > giveUpMs);
      underWay -= 1;
    };

    let done = 0;
    const until = Date.now() + sampleMs;
    const sampling = async () => {
      for (; Date.now() < until; done += 1) await send();
    };
    await Promise.all(Array.from({ length: 8 }, sampling));
    const capacity = Math.min(mostPerSecond, (done / sampleMs) * 1_000);

    const under = async (share: number, ms: number) => {
      const sent: Promise<void>[] = [];
      const endMs = Date.now() + ms;
      while (Date.now() < endMs && !signal.aborted) {
        sent.push(send());
        await sleep(1_000 / (capacity * share));
      }
      return sent;
    };
    const calm = await under(0.2, 700);
    most = 0;
    const crowd = await under(2, 1_500);
    evidence('requests of the spike', crowd.length);
    evidence('most under way at once', most);
    const after = await under(0.2, 700);
    await Promise.all([...calm, ...crowd, ...after]);
    if (crowd.length <= calm.length) finding('there was no spike');
  },
};
