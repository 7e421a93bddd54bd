import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { dryRunAnswer, dryRunQuery, dryRunStatus } from '../schemas/dry-run.ts';
import { captureCommand, captureFields } from '../schemas/hold-commands.ts';
import { id } from '../schemas/primitives.ts';
import { holdChangeSchema, holdChangeWire } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';
import { rehearseHold } from '../services/rehearsals.ts';

const CaptureHoldBody = z.strictObject(captureFields).meta({ id: 'CaptureHold' });

/** POST /v1/holds/{holdId}/capture: posts what a hold reserves, or a part of it, as a transfer. */
export const handler = httpEndpoint('capture-hold', {
  description:
    'Post what a hold reserves, or a part of it, as a transfer. Unless `final` is false the ' +
    'rest is released',
  path: z.strictObject({ holdId: id('The hold') }),
  query: dryRunQuery,
  body: CaptureHoldBody,
  answer: holdChangeSchema,
  answerStatus: 201,
  otherStatuses: dryRunStatus,
  problems: ['hold-not-found', 'hold-settled', 'capture-exceeds-hold'],
  execute: ({ body, path: { holdId }, query, who, deadline, traceparent }) => {
    const command = captureCommand(body);
    const item = { type: 'capture', hold: { holdId }, command } as const;
    return query.dryRun
      ? rehearseHold(who.tenant, item, { deadline, traceparent })
      : ledger().captureHold(who, holdId, command, { deadline, traceparent });
  },
  respond: (change, { query }) => {
    const body = holdChangeWire(change);
    if (query.dryRun) return dryRunAnswer(body);
    return { headers: { Location: `/v1/transfers/${change.transferId}` }, body };
  },
});
