import { accepted } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { pageAnswer, pageRequest } from '../schemas/paging.ts';
import { assetCode, pageOf, pageQuery, text } from '../schemas/primitives.ts';
import { accountSchema, accountWire } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

const path = '/v1/accounts';

/** GET /v1/accounts: the tenant's accounts in id order, by asset and exact name where given. */
export const handler = httpEndpoint('list-accounts', {
  query: z.strictObject({
    ...pageQuery(),
    asset: assetCode.optional(),
    name: text(2_048).optional(),
  }),
  answer: pageOf(accountSchema),
  answerStatus: 200,
  problems: ['cursor-invalid'],
  execute: async ({ tenant, query, deadline }) => {
    const { asset, name } = query;
    const page = await pageRequest(query, { tenant, path, filters: { asset, name } });
    return accepted(await ledger().listAccounts(tenant, { asset, name }, page, { deadline }));
  },
  respond: (page, { tenant, query }) => {
    const { asset, name } = query;
    return pageAnswer(page, accountWire, query, { tenant, path, filters: { asset, name } });
  },
});
