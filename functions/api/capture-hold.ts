import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { captureCommand, captureFields } from '../schemas/hold-commands.ts';
import { id } from '../schemas/primitives.ts';
import { holdChangeSchema, holdChangeWire } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

const CaptureHoldBody = z.strictObject(captureFields).meta({ id: 'CaptureHold' });

/** POST /v1/holds/{holdId}/capture: posts what a hold reserves, or a part of it, as a transfer. */
export const handler = httpEndpoint('capture-hold', {
  path: z.strictObject({ holdId: id('The hold') }),
  body: CaptureHoldBody,
  answer: holdChangeSchema,
  answerStatus: 201,
  problems: ['hold-not-found', 'hold-settled', 'capture-exceeds-hold'],
  execute: ({ body, path: { holdId }, who, deadline, traceparent }) =>
    ledger().captureHold(who, holdId, captureCommand(body), { deadline, traceparent }),
  respond: (change) => ({
    headers: { Location: `/v1/transfers/${change.transferId}` },
    body: holdChangeWire(change),
  }),
});
