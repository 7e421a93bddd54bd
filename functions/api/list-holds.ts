import { accepted } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import {
  amountRange,
  during,
  ofAccount,
  timeRange,
  within,
  withMetadata,
} from '../schemas/filters.ts';
import { pageAnswer, pageRequest } from '../schemas/paging.ts';
import { pageOf, pageQuery, text } from '../schemas/primitives.ts';
import { holdSchema, holdWire } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

const path = '/v1/holds';

/** GET /v1/holds: the tenant's holds in id order, nearly that of time, narrowed by what is given. */
export const handler = httpEndpoint('list-holds', {
  query: z.strictObject({
    ...pageQuery(),
    accountId: ofAccount,
    status: z.enum(['pending', 'captured', 'voided', 'expired']).optional(),
    ...during('placed', 'Placed'),
    ...within('amount', 'The amount that was reserved at first'),
    reference: text(255).optional(),
    metadata: withMetadata,
  }),
  answer: pageOf(holdSchema),
  answerStatus: 200,
  problems: ['cursor-invalid'],
  execute: async ({ tenant, query, deadline }) => {
    const page = await pageRequest(query, { tenant, path });
    const { accountId, status, reference, metadata } = query;
    const filter = {
      accountId,
      status,
      reference,
      metadata,
      placed: timeRange(query.placedFrom, query.placedTo),
      amount: amountRange(query.amountFrom, query.amountTo),
    };
    return accepted(await ledger().listHolds(tenant, filter, page, { deadline }));
  },
  respond: (page, { tenant, query }) => pageAnswer(page, holdWire, query, { tenant, path }),
});
