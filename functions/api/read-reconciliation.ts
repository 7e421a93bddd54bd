import { accepted, refused } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { id } from '../schemas/primitives.ts';
import { reconciliationSchema, reconciliationWire } from '../schemas/reconciliation.ts';
import { ledger } from '../services/ledger.ts';

/** GET /v1/reconciliations/{reconciliationId}: what was compared, and what came out, in figures. */
export const handler = httpEndpoint('read-reconciliation', {
  path: z.strictObject({ reconciliationId: id('The reconciliation') }),
  answer: reconciliationSchema,
  answerStatus: 200,
  problems: ['reconciliation-not-found'],
  execute: async ({ tenant, path: { reconciliationId }, deadline }) => {
    const found = await ledger().reconciliations.read(tenant, reconciliationId, { deadline });
    if (found === undefined) return refused({ code: 'reconciliation-not-found', reconciliationId });
    return accepted(found);
  },
  respond: (reconciliation) => ({ body: reconciliationWire(reconciliation) }),
});
