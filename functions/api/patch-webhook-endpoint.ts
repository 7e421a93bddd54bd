import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import {
  endpointPath,
  eventTypes,
  webhookEndpointSchema,
  webhookEndpointWire,
} from '../schemas/webhooks.ts';
import { webhooks } from '../services/webhooks.ts';

const PatchWebhookEndpointBody = z
  .strictObject({
    enabled: z
      .boolean()
      .optional()
      .meta({ description: 'false: what waits for it goes on waiting, and nothing new is queued' }),
    eventTypes: eventTypes.optional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'changes nothing')
  .meta({ id: 'PatchWebhookEndpoint', minProperties: 1 });

/** PATCH /v1/webhooks/endpoints/{endpointId}: enables, disables, or subscribes to other events. */
export const handler = httpEndpoint('patch-webhook-endpoint', {
  path: endpointPath,
  body: PatchWebhookEndpointBody,
  answer: webhookEndpointSchema,
  answerStatus: 200,
  problems: ['webhook-endpoint-not-found'],
  execute: ({ body, path: { endpointId }, who, deadline }) =>
    webhooks().changeEndpoint(who, endpointId, body, { deadline }),
  respond: (endpoint) => ({ body: webhookEndpointWire(endpoint) }),
});
