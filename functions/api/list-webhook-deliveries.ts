import { accepted } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { pageAnswer, pageRequest } from '../schemas/paging.ts';
import { id, pageOf, pageQuery } from '../schemas/primitives.ts';
import { webhookDeliverySchema, webhookDeliveryWire } from '../schemas/webhooks.ts';
import { webhooks } from '../services/webhooks.ts';

const path = '/v1/webhooks/deliveries';

/** GET /v1/webhooks/deliveries: in id order, nearly that of time; what ended is kept thirty days. */
export const handler = httpEndpoint('list-webhook-deliveries', {
  query: z.strictObject({
    ...pageQuery(),
    status: z.enum(['pending', 'delivered', 'dead']).optional(),
    endpointId: id('The endpoint').optional(),
    accountId: id('The account it is about').optional(),
  }),
  answer: pageOf(webhookDeliverySchema),
  answerStatus: 200,
  problems: ['cursor-invalid'],
  execute: async ({ tenant, query, deadline }) => {
    const page = await pageRequest(query, { tenant, path });
    const { status, endpointId, accountId } = query;
    const filter = { status, endpointId, accountId };
    return accepted(await webhooks().listDeliveries(tenant, filter, page, { deadline }));
  },
  respond: (page, { tenant, query }) =>
    pageAnswer(page, webhookDeliveryWire, query, { tenant, path }),
});
