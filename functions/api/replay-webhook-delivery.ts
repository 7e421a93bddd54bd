import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { id } from '../schemas/primitives.ts';
import { webhookDeliverySchema, webhookDeliveryWire } from '../schemas/webhooks.ts';
import { nudgeWorker } from '../services/nudge-worker.ts';
import { webhooks } from '../services/webhooks.ts';

/** POST /v1/webhooks/deliveries/{deliveryId}/replay: sends what was delivered or is dead again. */
export const handler = httpEndpoint('replay-webhook-delivery', {
  path: z.strictObject({ deliveryId: id('The delivery') }),
  answer: webhookDeliverySchema,
  answerStatus: 200,
  problems: ['delivery-not-found', 'delivery-pending'],
  execute: async ({ path: { deliveryId }, who, deadline }) => {
    const outcome = await webhooks().replayDelivery(who, deliveryId, { deadline });
    if (outcome.kind === 'accepted') await nudgeWorker({ deadline });
    return outcome;
  },
  respond: (delivery) => ({ body: webhookDeliveryWire(delivery) }),
});
