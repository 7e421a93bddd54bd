import { httpEndpoint } from '../http-endpoint.ts';
import { endpointPath, webhookDeliverySchema, webhookDeliveryWire } from '../schemas/webhooks.ts';
import { nudgeWorker } from '../services/nudge-worker.ts';
import { webhooks } from '../services/webhooks.ts';

/** POST /v1/webhooks/endpoints/{endpointId}/ping: queues a delivery that tells of nothing. */
export const handler = httpEndpoint('ping-webhook-endpoint', {
  path: endpointPath,
  answer: webhookDeliverySchema,
  answerStatus: 201,
  problems: ['webhook-endpoint-not-found'],
  execute: async ({ path: { endpointId }, who, deadline }) => {
    const outcome = await webhooks().pingEndpoint(who, endpointId, { deadline });
    if (outcome.kind === 'accepted') await nudgeWorker({ deadline });
    return outcome;
  },
  respond: (delivery) => ({ body: webhookDeliveryWire(delivery) }),
});
