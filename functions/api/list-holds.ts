import { accepted } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { pageAnswer, pageRequest } from '../schemas/paging.ts';
import { pageOf, pageQuery } from '../schemas/primitives.ts';
import { holdSchema, holdWire } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

const path = '/v1/holds';

/** GET /v1/holds: the tenant's holds in id order, which is nearly that of time. */
export const handler = httpEndpoint('list-holds', {
  query: z.strictObject(pageQuery()),
  answer: pageOf(holdSchema),
  answerStatus: 200,
  problems: ['cursor-invalid'],
  execute: async ({ tenant, query, deadline }) => {
    const page = await pageRequest(query, { tenant, path });
    return accepted(await ledger().listHolds(tenant, page, { deadline }));
  },
  respond: (page, { tenant, query }) => pageAnswer(page, holdWire, query, { tenant, path }),
});
