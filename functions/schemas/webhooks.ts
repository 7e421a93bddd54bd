import {
  type Monitor,
  maxWebhookUrlLength,
  type WebhookDelivery,
  type WebhookEndpoint,
  webhookEventTypes,
} from '@atlas/domain';
import * as z from 'zod';
import { id, signedAmount, text, time, version } from './primitives.ts';

export const endpointPath = z.strictObject({ endpointId: id('The endpoint') });

export const webhookUrl = text(maxWebhookUrlLength).meta({
  description: 'Where deliveries are posted to: https, and a public address',
  example: 'https://example.com/atlas',
});

export const eventTypes = z
  .array(z.enum(webhookEventTypes))
  .min(1)
  .max(webhookEventTypes.length)
  .refine((types) => new Set(types).size === types.length, 'names a type twice')
  .meta({
    description: 'What it is told of',
    example: ['account.monitor.triggered'],
    uniqueItems: true,
  });

const endpointMembers = {
  endpointId: id('The endpoint'),
  url: z.string().max(maxWebhookUrlLength).meta({ example: 'https://example.com/atlas' }),
  eventTypes: z.array(z.enum(webhookEventTypes)).max(webhookEventTypes.length),
  status: z.enum(['enabled', 'disabled']),
  disabledReason: z
    .enum(['asked', 'gone'])
    .nullable()
    .meta({ description: 'gone: it answered 410' }),
  oldSecretUntil: time
    .nullable()
    .meta({ description: 'Until then the secret before signs, too', example: null }),
  createdAt: time,
};

export const webhookEndpointSchema = z.object(endpointMembers).meta({ id: 'WebhookEndpoint' });

export const webhookEndpointWire = (
  endpoint: WebhookEndpoint,
): z.input<typeof webhookEndpointSchema> => ({
  endpointId: endpoint.endpointId,
  url: endpoint.url,
  eventTypes: [...endpoint.eventTypes],
  status: endpoint.status,
  disabledReason: endpoint.disabledReason,
  oldSecretUntil: endpoint.oldSecretUntil?.toISOString() ?? null,
  createdAt: endpoint.createdAt.toISOString(),
});

/** With the secret, which nothing but the answer to its making shows. */
export const webhookSecretSchema = z
  .object({
    ...endpointMembers,
    secret: z.string().max(128).meta({
      description: 'Verifies signatures (Standard Webhooks). It is not shown again',
      example: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
    }),
  })
  .meta({ id: 'WebhookEndpointWithSecret' });

export const webhookDeliverySchema = z
  .object({
    deliveryId: id('The delivery: the header webhook-id, in every attempt'),
    endpointId: id('The endpoint'),
    accountId: id('The account it is about; null: a ping').nullable(),
    eventType: z.enum([...webhookEventTypes, 'webhook.ping']),
    status: z.enum(['pending', 'delivered', 'dead']),
    attempts: z.int().min(0),
    lastStatus: z.int().nullable().meta({ description: 'The HTTP status of the last answer' }),
    lastError: z
      .enum(['timeout', 'connection', 'tls', 'address-refused', 'endpoint-deleted'])
      .nullable()
      .meta({ description: 'Why the last attempt had no answer' }),
    event: z.record(z.string().max(64), z.unknown()).meta({ description: 'The body that is sent' }),
    createdAt: time,
    attemptedAt: time.nullable(),
    endedAt: time.nullable(),
  })
  .meta({ id: 'WebhookDelivery' });

export const webhookDeliveryWire = (
  delivery: WebhookDelivery,
): z.input<typeof webhookDeliverySchema> => ({
  deliveryId: delivery.deliveryId,
  endpointId: delivery.endpointId,
  accountId: delivery.accountId,
  eventType: delivery.eventType,
  status: delivery.status,
  attempts: delivery.attempts,
  lastStatus: delivery.lastStatus,
  lastError: delivery.lastError,
  event: delivery.event,
  createdAt: delivery.createdAt.toISOString(),
  attemptedAt: delivery.attemptedAt?.toISOString() ?? null,
  endedAt: delivery.endedAt?.toISOString() ?? null,
});

export const monitorCondition = {
  measure: z.enum(['balance', 'available']),
  operator: z.enum(['<', '<=', '>', '>=']),
};

export const monitorSchema = z
  .object({
    monitorId: id('The monitor'),
    accountId: id('The account it watches'),
    ...monitorCondition,
    amount: signedAmount,
    state: z.enum(['armed', 'triggered']).meta({
      description: 'triggered: the condition holds; it arms again when it does not',
    }),
    version,
    triggeredAt: time.nullable().meta({ description: 'The last time; null: never' }),
    createdAt: time,
  })
  .meta({ id: 'Monitor' });

export const monitorWire = (monitor: Monitor): z.input<typeof monitorSchema> => ({
  monitorId: monitor.monitorId,
  accountId: monitor.accountId,
  measure: monitor.measure,
  operator: monitor.operator,
  amount: monitor.amountMinor.toString(),
  state: monitor.isMet ? 'triggered' : 'armed',
  version: monitor.version.toString(),
  triggeredAt: monitor.triggeredAt?.toISOString() ?? null,
  createdAt: monitor.createdAt.toISOString(),
});
