import { randomUUID } from 'node:crypto';
import { appendRefused } from '../framework/append-refused.ts';
import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** A producer that nobody checked sends an event of another shape than its schema has. */
export const incompatibleSchema: Experiment<World> = {
  name: 'incompatible-schema',
  hypothesis: 'An event that breaks its schema is given up, and changes nothing in the view.',
  blastRadius: 'group',
  runbook: 'function-errors',
  tells: [],
  inject: async ({ world, evidence }) => {
    const value = JSON.stringify({
      accountId: randomUUID(),
      version: 7,
      balance: { amount: 12.5, currency: 'EUR' },
      recordedAt: new Date().toISOString(),
    });
    evidence('records given up', await appendRefused(world, { value }));
  },
};
