import type { WebhookQueues } from '@atlas/domain';
import { postgresWebhookQueues } from '@atlas/postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pollUntil } from '../../support/poll.ts';
import { startReceiver, versionsOf, type WebhookReceiver } from '../../support/webhook-receiver.ts';
import { startWebhookWorld, type WebhookWorld } from '../../support/webhook-world.ts';
import { withMutant } from '../../support/with-mutant.ts';

let world: WebhookWorld;
let receiver: WebhookReceiver;

beforeAll(async () => {
  world = await startWebhookWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  await receiver.close();
  await world.forgetEndpoints();
});

const isAscending = (numbers: readonly number[]): boolean =>
  numbers.every((one, i) => i === 0 || one >= (numbers[i - 1] ?? 0));

describe('the deliveries of one account to one endpoint', () => {
  const failing = (odds: number) => {
    let asked = 0;
    receiver.behave(() => {
      asked += 1;
      return (asked * 7919) % 10 < odds ? 500 : 200;
    });
  };

  it('arrive in order, whatever fails in between, and all of them once', async () => {
    await world.endpoint(receiver.url);
    const accounts = await world.triggered(4, 5);
    failing(4);
    await world.deliverAll();
    for (const accountId of accounts) {
      const arrived = receiver.received.filter(({ status }) => status === 200);
      expect(versionsOf(arrived, accountId)).toEqual([2, 4, 6, 8, 10]);
      expect(isAscending(versionsOf(receiver.received, accountId))).toBe(true);
    }
    expect(receiver.received.some(({ status }) => status === 500)).toBe(true);
  });

  it('do so with several workers at once, none of which sends what another one does', async () => {
    await world.endpoint(receiver.url);
    const accounts = await world.triggered(6, 4);
    const others = [1, 2, 3].map(() =>
      postgresWebhookQueues({ shards: world.database.jobs, namedStatements: true }),
    );
    receiver.behave(async () => {
      await new Promise((resolve) => setTimeout(resolve, 15));
      return 200;
    });
    await Promise.all(
      [world.queues, ...others].map((queues: WebhookQueues) => world.deliver({ queues })),
    );
    await Promise.all(others.map((one) => one.close()));
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(24);
    expect(receiver.received).toHaveLength(24);
    for (const accountId of accounts) {
      expect(versionsOf(receiver.received, accountId)).toEqual([2, 4, 6, 8]);
    }
    expect(receiver.mostAtOnce()).toBeLessThanOrEqual(4);
    expect(receiver.mostAtOnce()).toBeGreaterThan(1);
  });

  it.each([
    [
      'does not look at leases',
      'sent twice',
      [['(w.leased_until IS NULL OR w.leased_until <= moment)', 'true']],
    ],
    [
      'takes the last one first',
      'disordered',
      [['ORDER BY d.sequence', 'ORDER BY d.sequence DESC']],
    ],
    [
      'does not count what is leased',
      'crowded',
      [['d.place + coalesce(b.leased, 0) <= per_endpoint', 'true']],
    ],
  ] as const)('would not if a worker %s: they are %s', async (_what, symptom, changes) => {
    await world.endpoint(receiver.url);
    receiver.behave(async () => {
      await new Promise((resolve) => setTimeout(resolve, 40));
      return 200;
    });
    const symptomOf = async () => {
      const before = receiver.received.length;
      const accounts = await world.triggered(6, 3);
      await withMutant(world.admins, 'take_webhooks', changes, () => {
        const run = () => world.deliver({ signal: AbortSignal.timeout(2_000) });
        return Promise.all([run(), run()]);
      });
      return {
        'sent twice': receiver.received.length - before > 18,
        disordered: accounts.some((id) => !isAscending(versionsOf(receiver.received, id))),
        crowded: receiver.mostAtOnce() > 4,
      }[symptom];
    };
    // Where one worker is done before the other begins, nothing shows.
    const isShown = async (rounds: number): Promise<boolean> =>
      rounds > 0 && ((await symptomOf()) || isShown(rounds - 1));
    expect(await isShown(8)).toBe(true);
  });

  it('survive a worker that dies after it has sent: sent again, under the same id, in order', async () => {
    await world.endpoint(receiver.url);
    const [accountId] = await world.triggered(1, 3);
    const crashing: WebhookQueues = {
      ...world.queues,
      finish: async () => {
        throw new Error('died');
      },
    };
    const leaseMs = 400;
    await world.deliver({ queues: crashing, leaseMs, onFault: () => {} });
    expect(versionsOf(receiver.received, accountId ?? '')).toEqual([2]);
    // Nobody else sends as long as the lease holds.
    await world.deliver();
    expect(receiver.received).toHaveLength(1);
    await pollUntil(
      async () => {
        await world.deliver();
        return receiver.received.length;
      },
      (count) => count === 4,
    );
    expect(versionsOf(receiver.received, accountId ?? '')).toEqual([2, 2, 4, 6]);
    const [first, again] = receiver.received;
    expect([again?.id, again?.body]).toEqual([first?.id, first?.body]);
    const stored = await world.deliveries({ accountId });
    expect(stored.map(({ status }) => status)).toEqual(['delivered', 'delivered', 'delivered']);
  });

  it('are not touched by the late result of a worker that lost its lease', async () => {
    await world.endpoint(receiver.url);
    await world.triggered(1, 2);
    const [slept] = await world.queues.take({ limit: 10, perEndpoint: 4, leaseMs: 1 });
    if (slept === undefined) throw new Error('nothing was taken');
    const [taken] = await pollUntil(
      () => world.queues.take({ limit: 10, perEndpoint: 4, leaseMs: 30_000 }),
      (all) => all.length > 0,
    );
    expect(taken?.deliveryId).toBe(slept.deliveryId);
    expect(await world.queues.finish(slept, { kind: 'delivered', status: 200 })).toBe(false);
    expect(await world.deliveries({ status: 'pending' })).toHaveLength(2);
    if (taken === undefined) throw new Error('nothing was taken');
    expect(await world.queues.finish(taken, { kind: 'delivered', status: 200 })).toBe(true);
    expect(await world.deliveries({ status: 'pending' })).toHaveLength(1);
  });
});

describe('a slow endpoint', () => {
  /** How many arrived at the fast one before the slow one’s first attempt was given up. */
  const arrivedBeside = async (perEndpoint: number): Promise<number> => {
    const slow = await startReceiver();
    slow.behave(() => undefined);
    await world.endpoint(slow.url);
    await world.triggered(8, 1);
    await world.endpoint(receiver.url);
    // Their slow ones wait as well, and were there first.
    await world.triggered(4, 1);
    const timeoutMs = 1_500;
    await world.deliver({ timeoutMs, maxConcurrent: 8, perEndpoint });
    const givenUpMs = (slow.received[0]?.atMs ?? 0) + timeoutMs - 100;
    await slow.close();
    return receiver.received.filter(({ atMs }) => atMs < givenUpMs).length;
  };

  it('holds up nobody else', async () => {
    expect(await arrivedBeside(4)).toBe(4);
  });

  it('would, if it could take all there is', async () => {
    expect(await arrivedBeside(1_000)).toBeLessThan(4);
  });
});
