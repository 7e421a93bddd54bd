import { accepted } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { pageAnswer, pageRequest } from '../schemas/paging.ts';
import { pageOf, pageQuery } from '../schemas/primitives.ts';
import { webhookEndpointSchema, webhookEndpointWire } from '../schemas/webhooks.ts';
import { webhooks } from '../services/webhooks.ts';

const path = '/v1/webhooks/endpoints';

/** GET /v1/webhooks/endpoints: the tenant's endpoints, in the order in which they were registered. */
export const handler = httpEndpoint('list-webhook-endpoints', {
  query: z.strictObject(pageQuery()),
  answer: pageOf(webhookEndpointSchema),
  answerStatus: 200,
  problems: ['cursor-invalid'],
  execute: async ({ tenant, query, deadline }) => {
    const page = await pageRequest(query, { tenant, path });
    return accepted(await webhooks().listEndpoints(tenant, page, { deadline }));
  },
  respond: (page, { tenant, query }) =>
    pageAnswer(page, webhookEndpointWire, query, { tenant, path }),
});
