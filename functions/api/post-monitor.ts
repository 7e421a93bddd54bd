import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { id, limit } from '../schemas/primitives.ts';
import { monitorCondition, monitorSchema, monitorWire } from '../schemas/webhooks.ts';
import { webhooks } from '../services/webhooks.ts';

const PostMonitorBody = z
  .strictObject({
    ...monitorCondition,
    amount: limit.meta({ description: 'What the measure is compared with', example: '1000' }),
  })
  .meta({ id: 'PostMonitor' });

/** POST /v1/accounts/{accountId}/monitors: watches a balance, from what it is now. */
export const handler = httpEndpoint('post-monitor', {
  path: z.strictObject({ accountId: id('The account') }),
  body: PostMonitorBody,
  answer: monitorSchema,
  answerStatus: 201,
  problems: ['account-not-found', 'account-closed', 'subscription-limit-reached'],
  execute: ({ body, path: { accountId }, who, deadline }) => {
    const { measure, operator, amount: amountMinor } = body;
    const condition = { measure, operator, amountMinor };
    return webhooks().createMonitor(who, accountId, condition, { deadline });
  },
  respond: (monitor) => ({ body: monitorWire(monitor) }),
});
