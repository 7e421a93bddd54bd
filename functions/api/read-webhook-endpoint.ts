import { accepted, refused } from '@atlas/domain';
import { httpEndpoint } from '../http-endpoint.ts';
import { endpointPath, webhookEndpointSchema, webhookEndpointWire } from '../schemas/webhooks.ts';
import { webhooks } from '../services/webhooks.ts';

/** GET /v1/webhooks/endpoints/{endpointId}: one endpoint, without its secret. */
export const handler = httpEndpoint('read-webhook-endpoint', {
  path: endpointPath,
  answer: webhookEndpointSchema,
  answerStatus: 200,
  problems: ['webhook-endpoint-not-found'],
  execute: async ({ tenant, path: { endpointId }, deadline }) => {
    const endpoint = await webhooks().readEndpoint(tenant, endpointId, { deadline });
    return endpoint === undefined
      ? refused({ code: 'webhook-endpoint-not-found', endpointId })
      : accepted(endpoint);
  },
  respond: (endpoint) => ({ body: webhookEndpointWire(endpoint) }),
});
