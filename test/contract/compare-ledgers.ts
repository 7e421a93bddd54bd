import { randomBytes } from 'node:crypto';
import { type EventMessage, type Ledger, type ModelLedger, modelLedger } from '@atlas/domain';
import { expect } from 'vitest';
import { call } from '../support/ledger.ts';
import type { Step } from './command-sequences.ts';
import { LedgerDriver } from './ledger-driver.ts';

export interface ObservedLedger {
  readonly ledger: Ledger;
  /** The tenant's events so far, or since the last call. */
  readonly events: (tenant: string) => Promise<readonly EventMessage[]>;
}

export const honestModel = (options: Partial<Parameters<typeof modelLedger>[0]> = {}) =>
  modelLedger({ now: () => new Date(), random: randomBytes, ...options });

/**
 * Sends a sequence to the reference model and to another ledger, and demands the same of both:
 * each answer, everything that can be read at the end, and every event down to its last field.
 */
export const compareLedgers = async (
  actual: ObservedLedger,
  tenant: string,
  sequence: readonly Step[],
  model: ModelLedger = honestModel(),
): Promise<void> => {
  const expectedDriver = new LedgerDriver(model, tenant);
  const actualDriver = new LedgerDriver(actual.ledger, tenant);
  for (const ledger of [model, actual.ledger]) {
    for (const code of ['EUR', 'USD']) await ledger.createAsset(tenant, { code, scale: 2 }, call());
  }
  for (const [i, step] of sequence.entries()) {
    const answer = await actualDriver.perform(step, i);
    expect(answer).toEqual(await expectedDriver.perform(step, i));
  }
  const told = await actualDriver.told(await actual.events(tenant));
  expect(await actualDriver.picture()).toEqual(await expectedDriver.picture());
  expect(told).toEqual(await expectedDriver.told(model.events));
};
