import { accepted } from '@atlas/domain';
import { Problem } from '@atlas/runtime';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { intakeSchema, intakeWire } from '../schemas/intake.ts';
import { id } from '../schemas/primitives.ts';
import { intakes } from '../services/intakes.ts';

/** GET /v1/transfers/async/{intakeId}: what became of a transfer that was accepted. */
export const handler = httpEndpoint('read-intake', {
  path: z.strictObject({ intakeId: id('The intake') }),
  answer: intakeSchema,
  answerStatus: 200,
  problems: ['intake-not-found'],
  execute: async ({ tenant, path: { intakeId }, deadline }) => {
    const intake = await intakes().read(tenant, intakeId, { deadline });
    if (intake !== undefined) return accepted(intake);
    throw new Problem('intake-not-found', `There is no intake ${intakeId}.`);
  },
  respond: (intake) => ({ body: intakeWire(intake) }),
});
