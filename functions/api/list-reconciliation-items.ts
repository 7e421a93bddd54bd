import { accepted, refused } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { pageAnswer, pageRequest } from '../schemas/paging.ts';
import { id, pageOf, pageQuery } from '../schemas/primitives.ts';
import {
  outcome,
  reconciliationItemSchema,
  reconciliationItemWire,
} from '../schemas/reconciliation.ts';
import { ledger } from '../services/ledger.ts';

const pathOf = (reconciliationId: string): string =>
  `/v1/reconciliations/${reconciliationId}/items`;

/**
 * GET /v1/reconciliations/{reconciliationId}/items: the lines of the statement in their order, then what
 * is extra, in order of time.
 */
export const handler = httpEndpoint('list-reconciliation-items', {
  path: z.strictObject({ reconciliationId: id('The reconciliation') }),
  query: z.strictObject({ ...pageQuery(), outcome: outcome.optional() }),
  answer: pageOf(reconciliationItemSchema),
  answerStatus: 200,
  problems: ['reconciliation-not-found', 'cursor-invalid'],
  execute: async ({ tenant, path: { reconciliationId }, query, deadline }) => {
    const page = await pageRequest(query, { tenant, path: pathOf(reconciliationId) });
    const items = await ledger().reconciliations.listItems(
      tenant,
      reconciliationId,
      query.outcome,
      page,
      { deadline },
    );
    if (items === undefined) return refused({ code: 'reconciliation-not-found', reconciliationId });
    return accepted(items);
  },
  respond: (page, { tenant, path: { reconciliationId }, query }) =>
    pageAnswer(page, reconciliationItemWire, query, { tenant, path: pathOf(reconciliationId) }),
});
