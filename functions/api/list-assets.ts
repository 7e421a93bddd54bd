import { accepted } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { pageAnswer, pageRequest } from '../schemas/paging.ts';
import { pageOf, pageQuery } from '../schemas/primitives.ts';
import { assetSchema } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

const path = '/v1/assets';

/** GET /v1/assets: the tenant's assets in code order. */
export const handler = httpEndpoint('list-assets', {
  query: z.strictObject(pageQuery()),
  answer: pageOf(assetSchema),
  answerStatus: 200,
  problems: ['cursor-invalid'],
  execute: async ({ tenant, query, deadline }) => {
    const page = await pageRequest(query, { tenant, path });
    return accepted(await ledger().listAssets(tenant, page, { deadline }));
  },
  respond: (page, { tenant, query }) =>
    pageAnswer(page, ({ code, scale }) => ({ code, scale }), query, { tenant, path }),
});
