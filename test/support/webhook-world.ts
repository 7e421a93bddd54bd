import { randomBytes, randomUUID } from 'node:crypto';
import {
  type DeliveryFilter,
  type MonitorCondition,
  type WebhookDelivery,
  type WebhookQueues,
  webhookSecret,
} from '@atlas/domain';
import {
  type PostgresLedger,
  type PostgresMonitorEvaluation,
  type PostgresWebhookQueues,
  type PostgresWebhooks,
  postgresLedger,
  postgresMonitorEvaluation,
  postgresWebhookQueues,
  postgresWebhooks,
} from '@atlas/postgres';
import { openSecret, sealSecret } from '@atlas/runtime';
import type pg from 'pg';
import {
  type Delivered,
  type DeliverOptions,
  deliverDue,
} from '../../functions/services/deliver-due.ts';
import { sendWebhook } from '../../functions/services/send-webhook.ts';
import { systemResolve } from '../../functions/services/webhook-destination.ts';
import { type TestDatabase, testDatabase } from './database.ts';
import { acceptedValue, call, openAccount, request, transferOf } from './ledger.ts';
import { pollUntil } from './poll.ts';

export interface WebhookWorld {
  readonly tenant: string;
  readonly database: TestDatabase;
  readonly ledger: PostgresLedger;
  readonly webhooks: PostgresWebhooks;
  readonly queues: PostgresWebhookQueues;
  readonly evaluation: PostgresMonitorEvaluation;
  /** Superusers, one a shard. */
  readonly admins: readonly pg.Client[];
  endpoint(url: string): Promise<{ readonly endpointId: string; readonly secret: string }>;
  account(partitionKey?: string): Promise<string>;
  monitor(accountId: string, condition?: Partial<MonitorCondition>): Promise<string>;
  /** Moves an amount, which may be negative, from the world to an account of its shard. */
  move(accountId: string, amountMinor: bigint): Promise<void>;
  /** Tells the monitors of an account's version; default: of its latest. */
  tell(accountId: string, version?: bigint): Promise<number | undefined>;
  /** Makes the default monitor of an account trigger so many times. */
  trigger(accountId: string, times: number): Promise<void>;
  /** A worker's run, as deliver-webhooks makes it. */
  deliver(
    wishes?: Partial<DeliverOptions> & {
      readonly timeoutMs?: number;
      readonly queues?: WebhookQueues;
    },
  ): Promise<Delivered>;
  /** Accounts with the default monitor, each of which has triggered so many times. */
  triggered(accounts: number, times: number): Promise<readonly string[]>;
  /** What waits for its time is due now. */
  passTime(): Promise<void>;
  /** Runs workers, and time, until nothing waits. */
  deliverAll(): Promise<void>;
  /** So that the next test has endpoints of its own. */
  forgetEndpoints(): Promise<void>;
  deliveries(filter?: DeliveryFilter): Promise<readonly WebhookDelivery[]>;
  close(): Promise<void>;
}

const atLeastTen: MonitorCondition = { measure: 'balance', operator: '>=', amountMinor: 10n };

/** A tenant with everything that webhooks need, on two shards, without the API and Kafka. */
export const startWebhookWorld = async (): Promise<WebhookWorld> => {
  process.env.ATLAS_WEBHOOK_KEY ??= 'a key that only tests use, of thirty-two';
  const tenant = `hooks-${randomUUID().slice(0, 8)}`;
  const database = await testDatabase();
  const asApi = { shards: database.api, namedStatements: true, maxConnectionsPerShard: 8 };
  const asJobs = { ...asApi, shards: database.jobs };
  const ledger = postgresLedger(asApi);
  const webhooks = postgresWebhooks(asApi);
  const queues = postgresWebhookQueues(asJobs);
  const evaluation = postgresMonitorEvaluation(asJobs);
  const admins = await Promise.all(database.api.map(({ id }) => database.admin(id)));
  await ledger.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
  const partners = new Map<string, string>();
  let offset = 0n;

  const world: WebhookWorld = {
    ...{ tenant, database, ledger, webhooks, queues, evaluation, admins },
    async endpoint(url) {
      const secret = webhookSecret(randomBytes(32));
      const sealedSecret = await sealSecret(tenant, secret);
      const eventTypes = ['account.monitor.triggered'] as const;
      const command = { url, eventTypes, sealedSecret, urlRefusal: null };
      const made = await webhooks.createEndpoint(request(tenant), command, call());
      return { endpointId: acceptedValue(made).endpoint.endpointId, secret };
    },
    async account(partitionKey) {
      const wishes = partitionKey === undefined ? {} : { partitionKey };
      const accountId = await openAccount(ledger, tenant, wishes);
      partners.set(accountId, await openAccount(ledger, tenant, wishes));
      return accountId;
    },
    async monitor(accountId, condition = {}) {
      const wanted = { ...atLeastTen, ...condition };
      const made = await webhooks.createMonitor(request(tenant), accountId, wanted, call());
      return acceptedValue(made).monitorId;
    },
    async move(accountId, amountMinor) {
      const partner = partners.get(accountId) ?? '';
      const sides = amountMinor > 0n ? [partner, accountId] : [accountId, partner];
      const [debit = '', credit = ''] = sides;
      const amount = amountMinor > 0n ? amountMinor : -amountMinor;
      const command = transferOf([debit, credit, amount]);
      acceptedValue(await ledger.postTransfer(request(tenant), command, call()));
    },
    async tell(accountId, version) {
      const account = await ledger.readAccount(tenant, accountId, call());
      offset += 1n;
      const place = { group: 'test', topic: 'test', partition: 0, incarnation: 'test', offset };
      return evaluation.evaluate(
        { tenant, accountId, version: version ?? account?.version ?? 0n, ...place },
        call(),
      );
    },
    async trigger(accountId, times) {
      for (let i = 0; i < times; i += 1) {
        await world.move(accountId, 10n);
        await world.move(accountId, -10n);
      }
      await world.tell(accountId);
    },
    deliver: ({ timeoutMs = 5_000, ...wishes } = {}) =>
      deliverDue({
        queues,
        open: openSecret,
        send: (message) =>
          sendWebhook(message, {
            rules: { trusted: ['127.0.0.1'], resolve: systemResolve },
            timeoutMs,
          }),
        signal: AbortSignal.timeout(30_000),
        onFault: (error) => {
          throw error;
        },
        ...wishes,
      }),
    async passTime() {
      for (const admin of admins) {
        await admin.query('UPDATE ledger.webhook_queue SET due_at = now() WHERE due_at > now()');
      }
    },
    async triggered(accounts, times) {
      const ids: string[] = [];
      for (let i = 0; i < accounts; i += 1) {
        const accountId = await world.account();
        await world.monitor(accountId);
        await world.trigger(accountId, times);
        ids.push(accountId);
      }
      return ids;
    },
    async deliverAll() {
      await pollUntil(
        async () => {
          await world.deliver();
          await world.passTime();
          return (await world.deliveries({ status: 'pending' })).length;
        },
        (waiting) => waiting === 0,
        30_000,
      );
    },
    async forgetEndpoints() {
      for (const admin of admins) {
        await admin.query('DELETE FROM ledger.webhook_delivery');
        await admin.query('DELETE FROM ledger.webhook_queue');
        await admin.query('DELETE FROM ledger.webhook_endpoint');
      }
    },
    async deliveries(filter = {}) {
      const page = { limit: 1_000, after: null };
      return (await webhooks.listDeliveries(tenant, filter, page, call())).items;
    },
    async close() {
      await Promise.all(admins.map((admin) => admin.end()));
      await Promise.all([ledger, webhooks, queues, evaluation].map((part) => part.close()));
      await database.drop();
    },
  };
  return world;
};
