import type { TakenDelivery, WebhookQueues } from '@atlas/domain';
import { expect, it } from 'vitest';
import { deliverDue } from '../../../functions/services/deliver-due.ts';

const delivery = (id: string) => ({ tenant: 'acme', deliveryId: id, attempts: 0 }) as TakenDelivery;

it('a worker looks again when a delivery ended while it looked, since the next of its queue is due then', async () => {
  const finished: string[] = [];
  let looks = 0;
  const isLooking = Promise.withResolvers<void>();
  const queues = {
    async take() {
      looks += 1;
      if (looks === 1) return [delivery('first')];
      if (looks === 3) return [delivery('second')];
      if (looks > 3) return [];
      // It sees the queue as it was: leased. Meanwhile the first is finished.
      isLooking.resolve();
      await new Promise((resolve) => setTimeout(resolve, 20));
      return [];
    },
    async readTarget() {
      if (finished.length === 0) await isLooking.promise;
      return undefined;
    },
    async finish({ deliveryId }: TakenDelivery) {
      finished.push(deliveryId);
      return true;
    },
  } as unknown as WebhookQueues;
  const counts = await deliverDue({
    queues,
    send: () => Promise.reject(new Error('nothing is sent')),
    open: async (_tenant, sealed) => sealed,
    signal: new AbortController().signal,
  });
  expect(finished).toEqual(['first', 'second']);
  expect(counts).toEqual({ delivered: 0, retried: 0, dead: 2 });
});
