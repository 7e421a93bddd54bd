import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Attempt,
  type AttemptResult,
  isGone,
  resultOfAttempt,
  signWebhook,
  type TakenDelivery,
  type WebhookQueues,
} from '@atlas/domain';
import type { WebhookMessage } from './send-webhook.ts';

export interface DeliverOptions {
  readonly queues: WebhookQueues;
  readonly send: (message: WebhookMessage) => Promise<Attempt>;
  readonly open: (tenant: string, sealed: string) => Promise<string>;
  /** From then on nothing new is begun; what is under way is finished. */
  readonly signal: AbortSignal;
  /** At a time, by this worker. */
  readonly maxConcurrent?: number;
  /** At a time, by all workers together: a slow endpoint holds up its own deliveries only. */
  readonly perEndpoint?: number;
  /** Longer than an attempt can take, or a delivery is sent twice. */
  readonly leaseMs?: number;
  readonly onFault?: (error: unknown) => void;
}

export interface Delivered {
  delivered: number;
  retried: number;
  dead: number;
}

/** How long a delivery waits whose endpoint is disabled, until it is looked at again. */
const disabledDelayMs = 5 * 60_000;
/** While something is under way, what becomes due is looked for this often. */
const lookEveryMs = 200;

/** Sends what is due, queue by queue in order, until nothing is. */
export const deliverDue = async (options: DeliverOptions): Promise<Delivered> => {
  const { queues, signal, maxConcurrent = 16, perEndpoint = 4, leaseMs = 30_000 } = options;
  const counts: Delivered = { delivered: 0, retried: 0, dead: 0 };
  const underWay = new Set<Promise<void>>();
  const begin = (taken: TakenDelivery): void => {
    const work = deliverOne(taken, options, counts)
      // Its lease runs out, and somebody sends it again.
      .catch((error) => options.onFault?.(error))
      .finally(() => underWay.delete(work));
    underWay.add(work);
  };
  while (!signal.aborted) {
    const before = underWay.size;
    const limit = maxConcurrent - before;
    const taken = limit > 0 ? await queues.take({ limit, perEndpoint, leaseMs }) : [];
    for (const one of taken) begin(one);
    if (taken.length > 0) continue;
    if (before === 0) break;
    // What ended while it was looked may have made the next of its queue due: that was not seen.
    if (underWay.size < before) continue;
    const idle = new AbortController();
    const pause = sleep(lookEveryMs, undefined, { signal: idle.signal }).catch(() => {});
    await Promise.race([...underWay, pause]);
    idle.abort();
  }
  await Promise.all(underWay);
  return counts;
};

const deliverOne = async (
  taken: TakenDelivery,
  options: DeliverOptions,
  counts: Delivered,
): Promise<void> => {
  const { queues } = options;
  const result = await attempt(taken, options);
  const counted = await queues.finish(taken, result);
  if (!counted) return;
  if (result.kind === 'delivered') counts.delivered += 1;
  if (result.kind === 'retry') counts.retried += 1;
  if (result.kind === 'dead') counts.dead += 1;
};

const attempt = async (
  taken: TakenDelivery,
  { queues, send, open }: DeliverOptions,
): Promise<AttemptResult> => {
  const { tenant, deliveryId: id, payload: body, attempts } = taken;
  const target = await queues.readTarget(taken);
  if (target === undefined || target.status === 'deleted') {
    return { kind: 'dead', status: null, error: 'endpoint-deleted', delayMs: 0 };
  }
  if (target.status === 'disabled') return { kind: 'wait', delayMs: disabledDelayMs };
  const secrets = await Promise.all(target.sealedSecrets.map((sealed) => open(tenant, sealed)));
  const timestampSeconds = Math.floor(Date.now() / 1_000);
  const headers = signWebhook({ id, timestampSeconds, body }, secrets);
  const answer = await send({ url: target.url, headers, body });
  if (isGone(answer)) await queues.disableGone(taken);
  return resultOfAttempt(answer, attempts, Math.random());
};
