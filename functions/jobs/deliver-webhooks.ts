import { openSecret } from '@atlas/runtime';
import { background } from '../background.ts';
import { jobs } from '../manifest.ts';
import { deliverDue } from '../services/deliver-due.ts';
import { rowOf } from '../services/row-of.ts';
import { sendWebhook } from '../services/send-webhook.ts';
import { webhookQueues } from '../services/webhook-queues.ts';
import { webhookRules } from '../services/webhook-rules.ts';

const settings = rowOf(jobs, 'deliver-webhooks');

/** What one attempt may take. */
const timeoutMs = 10_000;
/** An attempt that is begun last, and its result, must fit into what is left of the budget. */
const beginMs = settings.budgetMs - 2 * timeoutMs;
const forgottenARun = 1_000;

/** Sends what is due, each queue in order; a rule starts it every minute, news at once. */
export const handler = background(settings, async (_event: unknown, run) => {
  const queues = webhookQueues();
  const lagMs = await queues.lagMs();
  const counts = await deliverDue({
    queues,
    open: openSecret,
    send: (message) => sendWebhook(message, { rules: webhookRules(), timeoutMs }),
    signal: AbortSignal.any([run.signal, AbortSignal.timeout(beginMs)]),
    onFault: (error) => run.fault('a delivery could not be finished', error),
  });
  const forgotten = await queues.forgetOld(forgottenARun);
  run.count('WebhooksDelivered', counts.delivered);
  run.count('WebhooksRetried', counts.retried);
  run.count('WebhooksDead', counts.dead);
  run.durationMs('WebhookLagMs', lagMs);
  const summary = { ...counts, forgotten, lagMs };
  run.note(summary);
  return summary;
});
