import { openSecret } from '@atlas/runtime';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import {
  eventTypes,
  webhookEndpointWire,
  webhookSecretSchema,
  webhookUrl,
} from '../schemas/webhooks.ts';
import { guardOf } from '../services/guards.ts';
import { refusalOfUrl } from '../services/webhook-destination.ts';
import { webhookRules } from '../services/webhook-rules.ts';
import { newSealedSecret } from '../services/webhook-secrets.ts';
import { webhooks } from '../services/webhooks.ts';

const PostWebhookEndpointBody = z
  .strictObject({ url: webhookUrl, eventTypes })
  .meta({ id: 'PostWebhookEndpoint' });

/** POST /v1/webhooks/endpoints: registers an endpoint, and answers with its secret. */
export const handler = httpEndpoint('post-webhook-endpoint', {
  body: PostWebhookEndpointBody,
  answer: webhookSecretSchema,
  answerStatus: 201,
  problems: ['webhook-url-refused', 'subscription-limit-reached'],
  execute: async ({ body, who, deadline }) => {
    const [urlRefusal, sealedSecret] = await Promise.all([
      guardOf('names').run(() => refusalOfUrl(body.url, webhookRules()), {
        deadline,
        effect: 'repeatable',
      }),
      newSealedSecret(who.tenant),
    ]);
    return webhooks().createEndpoint(who, { ...body, urlRefusal, sealedSecret }, { deadline });
  },
  respond: async ({ endpoint, sealedSecret }, { tenant }) => ({
    headers: { Location: `/v1/webhooks/endpoints/${endpoint.endpointId}` },
    body: {
      ...webhookEndpointWire(endpoint),
      secret: await openSecret(tenant, sealedSecret),
    },
  }),
});
