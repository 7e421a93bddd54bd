import { maxAttempts, type WebhookQueues } from '@atlas/domain';
import { postgresWebhookQueues } from '@atlas/postgres';
import pg from 'pg';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { acceptedValue, call, request } from '../../support/ledger.ts';
import { pollUntil } from '../../support/poll.ts';
import {
  type Received,
  startReceiver,
  type WebhookReceiver,
} from '../../support/webhook-receiver.ts';
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
  // Each test has endpoints of its own.
  for (const admin of world.admins) {
    await admin.query('DELETE FROM ledger.webhook_delivery');
    await admin.query('DELETE FROM ledger.webhook_queue');
    await admin.query('DELETE FROM ledger.webhook_endpoint');
  }
});

/** Accounts with the default monitor, each of which has triggered so many times. */
const triggered = async (accounts: number, times: number): Promise<readonly string[]> => {
  const ids: string[] = [];
  for (let i = 0; i < accounts; i += 1) {
    const accountId = await world.account();
    await world.monitor(accountId);
    await world.trigger(accountId, times);
    ids.push(accountId);
  }
  return ids;
};

const versionsOf = (received: readonly Received[], accountId: string): number[] =>
  received
    .filter(({ event }) => event.data.accountId === accountId)
    .map(({ event }) => Number(event.data.version));

const isAscending = (numbers: readonly number[]): boolean =>
  numbers.every((one, i) => i === 0 || one >= (numbers[i - 1] ?? 0));

/** Runs workers, and time, until nothing waits. */
const deliverAll = async (run: () => Promise<unknown>): Promise<void> => {
  await pollUntil(
    async () => {
      await run();
      await world.passTime();
      return (await world.deliveries({ status: 'pending' })).length;
    },
    (waiting) => waiting === 0,
    30_000,
  );
};

describe('a delivery', () => {
  it('arrives as the published library of Standard Webhooks verifies it', async () => {
    const { secret } = await world.endpoint(receiver.url);
    const [accountId] = await triggered(1, 1);

    expect(await world.deliver()).toEqual({ delivered: 1, retried: 0, dead: 0 });

    const [got] = receiver.received;
    const event = new Webhook(secret).verify(got?.body ?? '', got?.headers ?? {});
    expect(event).toMatchObject({ type: 'account.monitor.triggered', data: { accountId } });
    const [stored] = await world.deliveries({ accountId });
    expect(stored).toMatchObject({ status: 'delivered', attempts: 1, lastStatus: 200, event });
    expect(got?.id).toBe(stored?.deliveryId);
    expect(await world.deliver()).toEqual({ delivered: 0, retried: 0, dead: 0 });
    expect(receiver.received).toHaveLength(1);
  });

  it('is the same in every attempt but for its time, and stops with the one that is answered', async () => {
    await world.endpoint(receiver.url);
    await triggered(1, 1);
    receiver.behave(() => (receiver.received.length < 4 ? 500 : 204));
    await deliverAll(() => world.deliver());
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    expect(receiver.received.map(({ status }) => status)).toEqual([500, 500, 500, 204]);
    expect(await world.deliveries()).toMatchObject([
      { status: 'delivered', attempts: 4, lastStatus: 204 },
    ]);
  });

  it('waits its time, and for longer where it is asked to', async () => {
    await world.endpoint(receiver.url);
    const [first] = await triggered(1, 1);
    const dueInMs = async () => {
      const found = await Promise.all(
        world.admins.map((admin) =>
          admin.query<{ ms: number }>(
            `SELECT (extract(epoch FROM due_at - now()) * 1000)::float8 AS ms
               FROM ledger.webhook_queue WHERE subject_id = $1`,
            [first],
          ),
        ),
      );
      return found.flatMap(({ rows }) => rows)[0]?.ms ?? 0;
    };
    receiver.behave(() => 500);
    await world.deliver();
    expect(await dueInMs()).toBeGreaterThan(3_000);
    expect(await dueInMs()).toBeLessThan(6_000);
    await world.deliver();
    expect(receiver.received).toHaveLength(1);
    receiver.behave((_received, response) => {
      response.setHeader('Retry-After', '3600');
      return 429;
    });
    await world.passTime();
    await world.deliver();
    expect(await dueInMs()).toBeGreaterThan(3_590_000);
  });

  it('is signed with both secrets while they change', async () => {
    const { endpointId, secret } = await world.endpoint(receiver.url);
    const { sealSecret } = await import('@atlas/runtime');
    const next = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const rotate = async (text: string, keepOldSeconds: number) => {
      const rotation = { sealedSecret: await sealSecret(world.tenant, text), keepOldSeconds };
      acceptedValue(
        await world.webhooks.rotateSecret(request(world.tenant), endpointId, rotation, call()),
      );
    };
    await rotate(next, 3_600);
    await triggered(1, 1);
    await world.deliver();
    const [got] = receiver.received;
    for (const one of [secret, next]) {
      expect(new Webhook(one).verify(got?.body ?? '', got?.headers ?? {})).toBeDefined();
    }
    const last = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
    await rotate(last, 0);
    await triggered(1, 1);
    await world.deliver();
    const after = receiver.received[1];
    expect(new Webhook(last).verify(after?.body ?? '', after?.headers ?? {})).toBeDefined();
    for (const old of [secret, next]) {
      const verify = () => new Webhook(old).verify(after?.body ?? '', after?.headers ?? {});
      expect(verify).toThrow('No matching signature');
    }
  });
});

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
    const accounts = await triggered(4, 5);
    failing(4);
    await deliverAll(() => world.deliver());
    for (const accountId of accounts) {
      const arrived = receiver.received.filter(({ status }) => status === 200);
      expect(versionsOf(arrived, accountId)).toEqual([2, 4, 6, 8, 10]);
      expect(isAscending(versionsOf(receiver.received, accountId))).toBe(true);
    }
    expect(receiver.received.some(({ status }) => status === 500)).toBe(true);
  });

  it('do so with several workers at once, none of which sends what another one does', async () => {
    await world.endpoint(receiver.url);
    const accounts = await triggered(6, 4);
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
    const accounts = await triggered(6, 3);
    receiver.behave(async () => {
      await new Promise((resolve) => setTimeout(resolve, 40));
      return 200;
    });
    await withMutant(world.admins, 'take_webhooks', changes, () => {
      const run = () => world.deliver({ signal: AbortSignal.timeout(2_000) });
      return Promise.all([run(), run()]);
    });
    const found = {
      'sent twice': receiver.received.length > 18,
      disordered: accounts.some((id) => !isAscending(versionsOf(receiver.received, id))),
      crowded: receiver.mostAtOnce() > 4,
    };
    expect(found[symptom]).toBe(true);
  });

  it('survive a worker that dies after it has sent: sent again, under the same id, in order', async () => {
    await world.endpoint(receiver.url);
    const [accountId] = await triggered(1, 3);
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
    await triggered(1, 2);
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
    await triggered(8, 1);
    await world.endpoint(receiver.url);
    // Their slow ones wait as well, and were there first.
    await triggered(4, 1);
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

describe('a delivery that fails again and again', () => {
  it('is dead after the last attempt, lets the next one through, and can be sent again', async () => {
    await world.endpoint(receiver.url);
    const [accountId = ''] = await triggered(1, 2);
    receiver.behave(({ event }) => (event.data.version === '2' ? 500 : 200));
    await deliverAll(() => world.deliver());
    expect(versionsOf(receiver.received, accountId)).toEqual([
      ...Array.from({ length: maxAttempts }, () => 2),
      4,
    ]);
    const [dead, ...others] = await world.deliveries({ status: 'dead' });
    expect(dead).toMatchObject({ attempts: maxAttempts, lastStatus: 500, lastError: null });
    expect(others).toEqual([]);

    const deliveryId = dead?.deliveryId ?? '';
    const replay = () => world.webhooks.replayDelivery(request(world.tenant), deliveryId, call());
    expect(acceptedValue(await replay())).toMatchObject({ status: 'pending', attempts: 0 });
    expect(await replay()).toMatchObject({ refusal: { code: 'delivery-pending' } });
    await world.trigger(accountId, 1);
    receiver.behave(() => 200);
    await deliverAll(() => world.deliver());
    const sentAgain = receiver.received.slice(-2);
    expect(versionsOf(sentAgain, accountId)).toEqual([2, 6]);
    expect(sentAgain[0]?.id).toBe(deliveryId);
    expect(await world.deliveries({ status: 'dead' })).toEqual([]);
    // What was delivered can be, too.
    expect(acceptedValue(await replay())).toMatchObject({ status: 'pending' });
    await deliverAll(() => world.deliver());
    expect(receiver.received.at(-1)?.id).toBe(deliveryId);
  });

  it('tells what came of it where there was no answer', async () => {
    await world.endpoint(receiver.url);
    await triggered(1, 1);
    receiver.behave(() => undefined);
    await world.deliver({ timeoutMs: 100 });
    expect(await world.deliveries()).toMatchObject([
      { status: 'pending', attempts: 1, lastStatus: null, lastError: 'timeout' },
    ]);
    await world.passTime();
    await world.deliver({
      send: async () => ({ kind: 'failed', error: 'address-refused' }),
    });
    expect(await world.deliveries()).toMatchObject([{ attempts: 2, lastError: 'address-refused' }]);
  });
});

describe('an endpoint', () => {
  it('that is gone is disabled, and gets what waited once it is enabled again', async () => {
    const { endpointId } = await world.endpoint(receiver.url);
    const [accountId = ''] = await triggered(1, 3);
    receiver.behave(() => 410);
    expect(await world.deliver()).toEqual({ delivered: 0, retried: 0, dead: 1 });
    const endpoint = () => world.webhooks.readEndpoint(world.tenant, endpointId, call());
    expect(await endpoint()).toMatchObject({ status: 'disabled', disabledReason: 'gone' });
    expect(receiver.received).toHaveLength(1);
    // Nothing new is queued for it, and nothing is sent.
    await world.trigger(accountId, 1);
    await world.passTime();
    await world.deliver();
    expect(await world.deliveries({ status: 'pending' })).toHaveLength(2);
    expect(receiver.received).toHaveLength(1);
    expect((await world.deliveries({ status: 'pending' }))[0]).toMatchObject({ attempts: 0 });

    receiver.behave(() => 200);
    const enable = { enabled: true };
    acceptedValue(
      await world.webhooks.changeEndpoint(request(world.tenant), endpointId, enable, call()),
    );
    await deliverAll(() => world.deliver());
    expect(versionsOf(receiver.received, accountId)).toEqual([2, 4, 6]);
  });

  it('that is deleted gets nothing more, and what waited for it is dead', async () => {
    const { endpointId } = await world.endpoint(receiver.url);
    await triggered(1, 2);
    acceptedValue(await world.webhooks.deleteEndpoint(request(world.tenant), endpointId, call()));
    expect(await world.deliver()).toEqual({ delivered: 0, retried: 0, dead: 2 });
    expect(receiver.received).toEqual([]);
    expect(await world.deliveries({ status: 'dead' })).toMatchObject([
      { lastError: 'endpoint-deleted' },
      { lastError: 'endpoint-deleted' },
    ]);
    const { rows } = await (world.admins[0] as pg.Client).query(
      `SELECT secret, old_secret FROM ledger.webhook_endpoint WHERE status = 'x'`,
    );
    for (const row of rows) expect(row).toEqual({ secret: '', old_secret: null });
  });
});

describe('the role of the jobs', () => {
  it('sees of every tenant what is due, and nothing else', async () => {
    await world.endpoint(receiver.url);
    await triggered(2, 1);
    for (const connection of world.database.jobs) {
      const client = new pg.Client({
        ...connection,
        password: String(connection.password),
        ssl: false,
      });
      await client.connect();
      const { rows } = await client.query('SELECT due_at FROM ledger.webhook_queue');
      expect(rows.every(({ due_at }) => due_at !== null)).toBe(true);
      for (const table of ['webhook_endpoint', 'webhook_delivery', 'monitor', 'entry']) {
        const { rowCount } = await client.query(`SELECT FROM ledger.${table}`);
        expect([table, rowCount]).toEqual([table, 0]);
      }
      const forgotten = await client.query('DELETE FROM ledger.webhook_delivery');
      expect(forgotten.rowCount).toBe(0);
      await client.end();
    }
    expect(await world.deliveries({ status: 'pending' })).toHaveLength(2);
  });

  it('forgets what ended thirty days ago, and nothing that waits', async () => {
    await world.endpoint(receiver.url);
    await triggered(3, 1);
    await world.deliver();
    await triggered(1, 1);
    const age = (days: number) =>
      Promise.all(
        world.admins.map((admin) =>
          admin.query(
            `UPDATE ledger.webhook_delivery
                SET created_at = now() - make_interval(days => $1),
                    ended_at = CASE WHEN ended_at IS NULL THEN NULL ELSE now() - make_interval(days => $1) END`,
            [days],
          ),
        ),
      );
    await age(29);
    expect(await world.queues.forgetOld(100)).toBe(0);
    await age(31);
    expect(await world.queues.forgetOld(2)).toBe(2);
    expect(await world.queues.forgetOld(2)).toBe(1);
    expect(await world.queues.forgetOld(2)).toBe(0);
    expect(await world.deliveries()).toMatchObject([{ status: 'pending' }]);
  });

  it('measures for how long the most overdue has been due', async () => {
    await world.endpoint(receiver.url);
    expect(await world.queues.lagMs()).toBe(0);
    await triggered(1, 1);
    for (const admin of world.admins) {
      await admin.query(`UPDATE ledger.webhook_queue SET due_at = now() - interval '1 minute'`);
    }
    expect(await world.queues.lagMs()).toBeGreaterThanOrEqual(60_000);
    receiver.behave(() => 500);
    await world.deliver();
    expect(await world.queues.lagMs()).toBe(0);
  });
});
