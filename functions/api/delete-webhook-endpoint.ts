import { httpEndpoint } from '../http-endpoint.ts';
import { endpointPath, webhookEndpointSchema, webhookEndpointWire } from '../schemas/webhooks.ts';
import { webhooks } from '../services/webhooks.ts';

/** DELETE /v1/webhooks/endpoints/{endpointId}: nothing is sent to it any more. */
export const handler = httpEndpoint('delete-webhook-endpoint', {
  path: endpointPath,
  answer: webhookEndpointSchema,
  answerStatus: 200,
  problems: ['webhook-endpoint-not-found'],
  execute: ({ path: { endpointId }, who, deadline }) =>
    webhooks().deleteEndpoint(who, endpointId, { deadline }),
  respond: (endpoint) => ({ body: webhookEndpointWire(endpoint) }),
});
