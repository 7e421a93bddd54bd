import { accepted } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { pageAnswer, pageRequest } from '../schemas/paging.ts';
import { pageOf, pageQuery } from '../schemas/primitives.ts';
import { transferSchema, transferWire } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

const path = '/v1/transfers';

/** GET /v1/transfers: the tenant's transfers in id order, which is nearly that of time. */
export const handler = httpEndpoint('list-transfers', {
  query: z.strictObject(pageQuery()),
  answer: pageOf(transferSchema),
  answerStatus: 200,
  problems: ['cursor-invalid'],
  execute: async ({ tenant, query, deadline }) => {
    const page = await pageRequest(query, { tenant, path });
    return accepted(await ledger().listTransfers(tenant, page, { deadline }));
  },
  respond: (page, { tenant, query }) => pageAnswer(page, transferWire, query, { tenant, path }),
});
