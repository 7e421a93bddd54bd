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
import { transferSchema, transferWire } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

const path = '/v1/transfers';

/**
 * GET /v1/transfers: the tenant's transfers in id order, which is nearly that of time, narrowed by what
 * is given.
 */
export const handler = httpEndpoint('list-transfers', {
  description:
    'List transfers, in any combination of filters, in id order, which is nearly that of ' +
    'time. A cursor goes on where a page ended, and works for the same filters alone',
  query: z.strictObject({
    ...pageQuery(),
    accountId: ofAccount,
    ...during('recorded', 'Recorded'),
    ...during('effective', 'Effective'),
    ...within('amount', 'The amount of a posting (of the account, if one is given)'),
    reference: text(255).optional(),
    metadata: withMetadata,
  }),
  answer: pageOf(transferSchema),
  answerStatus: 200,
  problems: ['cursor-invalid'],
  execute: async ({ tenant, query, deadline }) => {
    const page = await pageRequest(query, { tenant, path });
    const { accountId, reference, metadata } = query;
    const filter = {
      accountId,
      reference,
      metadata,
      recorded: timeRange(query.recordedFrom, query.recordedTo),
      effective: timeRange(query.effectiveFrom, query.effectiveTo),
      amount: amountRange(query.amountFrom, query.amountTo),
    };
    return accepted(await ledger().listTransfers(tenant, filter, page, { deadline }));
  },
  respond: (page, { tenant, query }) => pageAnswer(page, transferWire, query, { tenant, path }),
});
