import { accepted, refused } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { amountRange, during, timeRange, within } from '../schemas/filters.ts';
import { pageAnswer, pageRequest } from '../schemas/paging.ts';
import { id, pageOf, pageQuery } from '../schemas/primitives.ts';
import { entrySchema, entryWire } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

const pathOf = (accountId: string): string => `/v1/accounts/${accountId}/entries`;

/**
 * GET /v1/accounts/{accountId}/entries: what happened to an account, in version order,
 * narrowed by what is given.
 */
export const handler = httpEndpoint('list-entries', {
  path: z.strictObject({ accountId: id('The account') }),
  query: z.strictObject({
    ...pageQuery(),
    kind: z.enum(['posted', 'pending', 'released']).optional(),
    direction: z.enum(['debit', 'credit']).optional(),
    ...during('recorded', 'Recorded'),
    ...during('effective', 'Effective'),
    ...within('amount', 'The amount'),
  }),
  answer: pageOf(entrySchema),
  answerStatus: 200,
  problems: ['account-not-found', 'cursor-invalid'],
  execute: async ({ tenant, path: { accountId }, query, deadline }) => {
    const page = await pageRequest(query, { tenant, path: pathOf(accountId) });
    const { kind, direction } = query;
    const filter = {
      kind,
      direction,
      recorded: timeRange(query.recordedFrom, query.recordedTo),
      effective: timeRange(query.effectiveFrom, query.effectiveTo),
      amount: amountRange(query.amountFrom, query.amountTo),
    };
    const entries = await ledger().listEntries(tenant, accountId, filter, page, { deadline });
    if (entries === undefined) return refused({ code: 'account-not-found', accountId });
    return accepted(entries);
  },
  respond: (page, { tenant, path: { accountId }, query }) =>
    pageAnswer(page, entryWire, query, { tenant, path: pathOf(accountId) }),
});
