import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { id } from '../schemas/primitives.ts';
import { holdChangeSchema, holdChangeWire } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

/** POST /v1/holds/{holdId}/void: releases all that a hold still reserves. */
export const handler = httpEndpoint('void-hold', {
  path: z.strictObject({ holdId: id('The hold') }),
  answer: holdChangeSchema,
  answerStatus: 200,
  problems: ['hold-not-found', 'hold-settled'],
  execute: ({ path: { holdId }, who, deadline, traceparent }) =>
    ledger().voidHold(who, holdId, { deadline, traceparent }),
  respond: (change) => ({ body: holdChangeWire(change) }),
});
