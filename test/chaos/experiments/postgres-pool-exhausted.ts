import { randomUUID } from 'node:crypto';
import type { Experiment } from '../framework/experiment.ts';
import { sendTransfer } from '../framework/transfer-load.ts';
import type { World } from '../framework/world.ts';

/** Many more requests at once than there are connections, all of which wait for a lock. */
export const postgresPoolExhausted: Experiment<World> = {
  name: 'postgres-pool-exhausted',
  hypothesis: 'Requests for which no connection comes free are told to come again, and do.',
  blastRadius: 'world',
  runbook: 'function-slow',
  tells: ['overloaded', 'dependency-unavailable', 'deadline-exceeded'],
  inject: async ({ world, load, undo, evidence, finding, hold }) => {
    const [debitAccountId, creditAccountId] = load.accounts;
    const admin = await world.admin(0);
    undo(() => admin.end());
    undo(() => admin.query('ROLLBACK'));
    await admin.query('BEGIN');
    await admin.query('SELECT pg_advisory_xact_lock(421, p) FROM generate_series(0, 255) AS p');
    const giveUpMs = Date.now() + 20_000;
    const send = () => {
      const posting = { debitAccountId, creditAccountId, amount: '1' };
      const body = { postings: [posting], reference: randomUUID() };
      load.load.attemptedKeys.push(body.reference);
      return sendTransfer(load.client, load.load, body, () => Date.now() > giveUpMs);
    };
    const crowd = Array.from({ length: 40 }, send);
    await hold(3_000);
    const turnedAway = load.answers.told.get('dependency-unavailable') ?? 0;
    evidence('requests without a connection', turnedAway);
    if (turnedAway === 0) finding('every request found a connection');
    await admin.query('ROLLBACK');
    await Promise.all(crowd);
  },
};
