import { openSecret } from '@atlas/runtime';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { endpointPath, webhookEndpointWire, webhookSecretSchema } from '../schemas/webhooks.ts';
import { newSealedSecret } from '../services/webhook-secrets.ts';
import { webhooks } from '../services/webhooks.ts';

const [daySeconds, weekSeconds] = [86_400, 604_800];

const RotateWebhookSecretBody = z
  .strictObject({
    keepOldSeconds: z.int().min(0).max(weekSeconds).default(daySeconds).meta({
      description: 'For so long both secrets sign; 0 after one has leaked',
      example: daySeconds,
    }),
  })
  .meta({ id: 'RotateWebhookSecret' });

/** POST /v1/webhooks/endpoints/{endpointId}/secret: a new secret, with time to change over. */
export const handler = httpEndpoint('rotate-webhook-secret', {
  path: endpointPath,
  body: RotateWebhookSecretBody,
  answer: webhookSecretSchema,
  answerStatus: 200,
  problems: ['webhook-endpoint-not-found'],
  execute: async ({ body: { keepOldSeconds }, path: { endpointId }, who, deadline }) => {
    const sealedSecret = await newSealedSecret(who.tenant);
    const rotation = { sealedSecret, keepOldSeconds };
    return webhooks().rotateSecret(who, endpointId, rotation, { deadline });
  },
  respond: async ({ endpoint, sealedSecret }, { tenant }) => ({
    body: { ...webhookEndpointWire(endpoint), secret: await openSecret(tenant, sealedSecret) },
  }),
});
