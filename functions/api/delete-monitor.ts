import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { id } from '../schemas/primitives.ts';
import { monitorSchema, monitorWire } from '../schemas/webhooks.ts';
import { webhooks } from '../services/webhooks.ts';

/** DELETE /v1/monitors/{monitorId}: stops watching; what it caused is still delivered. */
export const handler = httpEndpoint('delete-monitor', {
  path: z.strictObject({ monitorId: id('The monitor') }),
  answer: monitorSchema,
  answerStatus: 200,
  problems: ['monitor-not-found'],
  execute: ({ path: { monitorId }, who, deadline }) =>
    webhooks().deleteMonitor(who, monitorId, { deadline }),
  respond: (monitor) => ({ body: monitorWire(monitor) }),
});
