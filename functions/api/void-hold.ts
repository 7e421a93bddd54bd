import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { dryRunAnswer, dryRunQuery } from '../schemas/dry-run.ts';
import { id } from '../schemas/primitives.ts';
import { holdChangeSchema, holdChangeWire } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';
import { rehearseHold } from '../services/rehearsals.ts';

/** POST /v1/holds/{holdId}/void: releases all that a hold still reserves. */
export const handler = httpEndpoint('void-hold', {
  path: z.strictObject({ holdId: id('The hold') }),
  query: dryRunQuery,
  answer: holdChangeSchema,
  answerStatus: 200,
  problems: ['hold-not-found', 'hold-settled'],
  execute: ({ path: { holdId }, query, who, deadline, traceparent }) => {
    const item = { type: 'void', hold: { holdId } } as const;
    return query.dryRun
      ? rehearseHold(who.tenant, item, { deadline, traceparent })
      : ledger().voidHold(who, holdId, { deadline, traceparent });
  },
  respond: (change, { query }) => {
    const body = holdChangeWire(change);
    return query.dryRun ? dryRunAnswer(body) : { body };
  },
});
