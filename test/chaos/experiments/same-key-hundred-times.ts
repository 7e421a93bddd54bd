import { randomUUID } from 'node:crypto';
import type { Experiment } from '../framework/experiment.ts';
import { sendTransfer } from '../framework/transfer-load.ts';
import type { World } from '../framework/world.ts';

/** A caller that sends the same request a hundred times at once. */
export const sameKeyHundredTimes: Experiment<World> = {
  name: 'same-key-hundred-times',
  hypothesis: 'A hundred requests at once under one key are one transfer, and all are told of it.',
  blastRadius: 'group',
  runbook: undefined,
  tells: ['idempotency-key-in-flight', 'dependency-unavailable', 'overloaded'],
  inCi: true,
  inject: async ({ load, random, evidence, finding }) => {
    const from = random.integer(0, 1);
    const posting = { debitAccountId: load.accounts[from], creditAccountId: load.accounts[2] };
    const reference = randomUUID();
    const body = { postings: [{ ...posting, amount: '1' }], reference };
    const giveUpMs = Date.now() + 20_000;
    load.load.attemptedKeys.push(reference);
    await Promise.all(
      Array.from({ length: 100 }, () =>
        sendTransfer(load.client, load.load, body, () => Date.now() > giveUpMs),
      ),
    );
    const answers = load.load.acknowledged.filter(({ key }) => key === reference);
    evidence('requests under one key', answers.length);
    const transfers = new Set(answers.map(({ transferId }) => transferId));
    if (answers.length !== 100) finding(`${answers.length} of a hundred were told`);
    if (transfers.size !== 1) finding(`one key was told of ${transfers.size} transfers`);
  },
};
