import { accepted } from '@atlas/domain';
import { Problem } from '@atlas/runtime';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { id } from '../schemas/primitives.ts';
import { holdSchema, holdWire } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

/** GET /v1/holds/{holdId}: one hold, as it is now. */
export const handler = httpEndpoint('read-hold', {
  path: z.strictObject({ holdId: id('The hold') }),
  answer: holdSchema,
  answerStatus: 200,
  problems: ['hold-not-found'],
  execute: async ({ tenant, path: { holdId }, deadline }) => {
    const hold = await ledger().readHold(tenant, holdId, { deadline });
    if (hold !== undefined) return accepted(hold);
    throw new Problem('hold-not-found', `There is no hold ${holdId}.`);
  },
  respond: (hold) => ({ body: holdWire(hold) }),
});
