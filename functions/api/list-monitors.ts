import { accepted, refused } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { pageAnswer, pageRequest } from '../schemas/paging.ts';
import { id, pageOf, pageQuery } from '../schemas/primitives.ts';
import { monitorSchema, monitorWire } from '../schemas/webhooks.ts';
import { webhooks } from '../services/webhooks.ts';

const pathOf = (accountId: string): string => `/v1/accounts/${accountId}/monitors`;

/** GET /v1/accounts/{accountId}/monitors: what watches an account. */
export const handler = httpEndpoint('list-monitors', {
  path: z.strictObject({ accountId: id('The account') }),
  query: z.strictObject(pageQuery()),
  answer: pageOf(monitorSchema),
  answerStatus: 200,
  problems: ['account-not-found', 'cursor-invalid'],
  execute: async ({ tenant, path: { accountId }, query, deadline }) => {
    const request = await pageRequest(query, { tenant, path: pathOf(accountId) });
    const page = await webhooks().listMonitors(tenant, accountId, request, { deadline });
    return page === undefined ? refused({ code: 'account-not-found', accountId }) : accepted(page);
  },
  respond: (page, { tenant, path: { accountId }, query }) =>
    pageAnswer(page, monitorWire, query, { tenant, path: pathOf(accountId) }),
});
