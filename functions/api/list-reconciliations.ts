import { accepted } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { pageAnswer, pageRequest } from '../schemas/paging.ts';
import { id, pageOf, pageQuery } from '../schemas/primitives.ts';
import { reconciliationSchema, reconciliationWire } from '../schemas/reconciliation.ts';
import { ledger } from '../services/ledger.ts';

const path = '/v1/reconciliations';

/** GET /v1/reconciliations: the tenant's reconciliations in id order, nearly that of time. */
export const handler = httpEndpoint('list-reconciliations', {
  query: z.strictObject({ ...pageQuery(), accountId: id('The account').optional() }),
  answer: pageOf(reconciliationSchema),
  answerStatus: 200,
  problems: ['cursor-invalid'],
  execute: async ({ tenant, query, deadline }) => {
    const page = await pageRequest(query, { tenant, path });
    const { accountId } = query;
    return accepted(await ledger().reconciliations.list(tenant, { accountId }, page, { deadline }));
  },
  respond: (page, { tenant, query }) =>
    pageAnswer(page, reconciliationWire, query, { tenant, path }),
});
