import { maxAttempts } from '@atlas/domain';
import { sealSecret } from '@atlas/runtime';
import pg from 'pg';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { acceptedValue, call, request } from '../../support/ledger.ts';
import { startReceiver, versionsOf, type WebhookReceiver } from '../../support/webhook-receiver.ts';
import { startWebhookWorld, type WebhookWorld } from '../../support/webhook-world.ts';

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

describe('a delivery', () => {
  it('arrives as the published library of Standard Webhooks verifies it', async () => {
    const { secret } = await world.endpoint(receiver.url);
    const [accountId] = await world.triggered(1, 1);

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
    await world.triggered(1, 1);
    receiver.behave(() => (receiver.received.length < 4 ? 500 : 204));
    await world.deliverAll();
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    expect(receiver.received.map(({ status }) => status)).toEqual([500, 500, 500, 204]);
    expect(await world.deliveries()).toMatchObject([
      { status: 'delivered', attempts: 4, lastStatus: 204 },
    ]);
  });

  it('waits its time, and for longer where it is asked to', async () => {
    await world.endpoint(receiver.url);
    const [first] = await world.triggered(1, 1);
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
    const next = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const rotate = async (text: string, keepOldSeconds: number) => {
      const rotation = { sealedSecret: await sealSecret(world.tenant, text), keepOldSeconds };
      acceptedValue(
        await world.webhooks.rotateSecret(request(world.tenant), endpointId, rotation, call()),
      );
    };
    await rotate(next, 3_600);
    await world.triggered(1, 1);
    await world.deliver();
    const [got] = receiver.received;
    for (const one of [secret, next]) {
      expect(new Webhook(one).verify(got?.body ?? '', got?.headers ?? {})).toBeDefined();
    }
    const last = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
    await rotate(last, 0);
    await world.triggered(1, 1);
    await world.deliver();
    const after = receiver.received[1];
    expect(new Webhook(last).verify(after?.body ?? '', after?.headers ?? {})).toBeDefined();
    for (const old of [secret, next]) {
      const verify = () => new Webhook(old).verify(after?.body ?? '', after?.headers ?? {});
      expect(verify).toThrow('No matching signature');
    }
  });
});

describe('a delivery that fails again and again', () => {
  it('is dead after the last attempt, lets the next one through, and can be sent again', async () => {
    await world.endpoint(receiver.url);
    const [accountId = ''] = await world.triggered(1, 2);
    receiver.behave(({ event }) => (event.data.version === '2' ? 500 : 200));
    await world.deliverAll();
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
    await world.deliverAll();
    const sentAgain = receiver.received.slice(-2);
    expect(versionsOf(sentAgain, accountId)).toEqual([2, 6]);
    expect(sentAgain[0]?.id).toBe(deliveryId);
    expect(await world.deliveries({ status: 'dead' })).toEqual([]);
    // What was delivered can be, too.
    expect(acceptedValue(await replay())).toMatchObject({ status: 'pending' });
    await world.deliverAll();
    expect(receiver.received.at(-1)?.id).toBe(deliveryId);
  });

  it('tells what came of it where there was no answer', async () => {
    await world.endpoint(receiver.url);
    await world.triggered(1, 1);
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
    const [accountId = ''] = await world.triggered(1, 3);
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
    await world.deliverAll();
    expect(versionsOf(receiver.received, accountId)).toEqual([2, 4, 6]);
  });

  it('that is deleted gets nothing more, and what waited for it is dead', async () => {
    const { endpointId } = await world.endpoint(receiver.url);
    await world.triggered(1, 2);
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
    await world.triggered(2, 1);
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
    await world.triggered(3, 1);
    await world.deliver();
    await world.triggered(1, 1);
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
    await world.triggered(1, 1);
    for (const admin of world.admins) {
      await admin.query(`UPDATE ledger.webhook_queue SET due_at = now() - interval '1 minute'`);
    }
    expect(await world.queues.lagMs()).toBeGreaterThanOrEqual(60_000);
    receiver.behave(() => 500);
    await world.deliver();
    expect(await world.queues.lagMs()).toBe(0);
  });
});
