import { accepted } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { amountRange, during, timeRange, within, withMetadata } from '../schemas/filters.ts';
import { pageAnswer, pageRequest } from '../schemas/paging.ts';
import { assetCode, pageOf, pageQuery, text } from '../schemas/primitives.ts';
import { accountSchema, accountWire } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

const path = '/v1/accounts';

/** GET /v1/accounts: the tenant's accounts in id order, narrowed by what is given. */
export const handler = httpEndpoint('list-accounts', {
  query: z.strictObject({
    ...pageQuery(),
    asset: assetCode.optional(),
    name: text(2_048).optional(),
    status: z.enum(['open', 'frozen', 'closed']).optional(),
    ...during('opened', 'Opened'),
    ...within('balance', 'The balance'),
    metadata: withMetadata,
  }),
  answer: pageOf(accountSchema),
  answerStatus: 200,
  problems: ['cursor-invalid'],
  execute: async ({ tenant, query, deadline }) => {
    const page = await pageRequest(query, { tenant, path });
    const { asset, name, status, metadata } = query;
    const filter = {
      asset,
      name,
      status,
      metadata,
      opened: timeRange(query.openedFrom, query.openedTo),
      balance: amountRange(query.balanceFrom, query.balanceTo),
    };
    return accepted(await ledger().listAccounts(tenant, filter, page, { deadline }));
  },
  respond: (page, { tenant, query }) => pageAnswer(page, accountWire, query, { tenant, path }),
});
