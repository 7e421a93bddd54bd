import { createHash, randomUUID } from 'node:crypto';
import type { ApiClient } from '../../support/api-client.ts';
import { uploadFile } from '../../support/upload-file.ts';

/** A request that changes something. */
export interface WriteRequest {
  /** As the manifest names it. */
  readonly endpoint: string;
  /** What is told of it apart from the endpoint. */
  readonly which?: string;
  /** Prepares what it needs, and answers with what sends it under a key. */
  readonly prepare: (client: ApiClient, tenant: WriteTenant) => Promise<Send>;
}

export type Send = (key: string) => ReturnType<ApiClient['post']>;

/** What every such request finds: EUR, two accounts at home, and two on the other shard. */
export interface WriteTenant {
  readonly from: string;
  readonly to: string;
  readonly away: readonly [string, string];
  readonly webhookUrl: string;
  /** Makes a delivery one that was given up, which only time could. */
  readonly endDelivery: (deliveryId: string) => Promise<void>;
}

const under = (key: string) => ({ 'Idempotency-Key': key });

const post =
  (client: ApiClient, path: string, body: unknown): Send =>
  (key) =>
    client.post(path, body, under(key));

const done = async (answer: Promise<{ readonly status: number; readonly body: Body }>) => {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`could not prepare: ${status} ${JSON.stringify(body)}`);
  return body;
};
// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
type Body = any;

const order = ({ from, to }: WriteTenant) => ({
  debitAccountId: from,
  creditAccountId: to,
  amount: '7',
});

const hold = async (client: ApiClient, tenant: WriteTenant): Promise<string> =>
  (await done(client.post('/v1/holds', order(tenant)))).holdId;

const endpoint = async (client: ApiClient, { webhookUrl }: WriteTenant): Promise<string> => {
  const body = { url: webhookUrl, eventTypes: ['account.monitor.triggered'] };
  return (await done(client.post('/v1/webhooks/endpoints', body))).endpointId;
};

const condition = { measure: 'balance', operator: '>=', amount: '10' };

const upload = () => ({
  fileName: 'statement',
  contentType: 'text/csv',
  contentLength: 3,
  checksumSha256: createHash('sha256').update('abc').digest('base64'),
});

const statement = 'Datum;Betrag\n03.10.2026;1,00\n';
const csv = {
  delimiter: ';',
  columns: { date: 'Datum', amount: 'Betrag' },
  dateFormat: 'dd.MM.yyyy',
  decimalSeparator: ',',
};

/** One request for each endpoint that has keys; a test holds the list to the manifest. */
export const writeRequests: readonly WriteRequest[] = [
  {
    endpoint: 'post-asset',
    prepare: async (client) =>
      post(client, '/v1/assets', { code: `X${randomUUID().slice(0, 8).toUpperCase()}`, scale: 2 }),
  },
  {
    endpoint: 'post-account',
    prepare: async (client) => post(client, '/v1/accounts', { asset: 'EUR', minBalance: null }),
  },
  {
    endpoint: 'patch-account',
    prepare: async (client) => {
      const id = await client.account();
      return (key) =>
        client.patch(
          `/v1/accounts/${id}`,
          { metadata: { colour: 'blue' } },
          { 'If-Match': '*', ...under(key) },
        );
    },
  },
  {
    endpoint: 'close-account',
    prepare: async (client) => post(client, `/v1/accounts/${await client.account()}/closure`, {}),
  },
  {
    endpoint: 'freeze-account',
    prepare: async (client) => post(client, `/v1/accounts/${await client.account()}/freeze`, {}),
  },
  {
    endpoint: 'unfreeze-account',
    prepare: async (client) => {
      const id = await client.account();
      await done(client.post(`/v1/accounts/${id}/freeze`, {}));
      return post(client, `/v1/accounts/${id}/unfreeze`, {});
    },
  },
  {
    endpoint: 'post-transfer',
    prepare: async (client, tenant) => post(client, '/v1/transfers', { postings: [order(tenant)] }),
  },
  {
    endpoint: 'post-transfer',
    which: 'whose rows belong to another shard than its key',
    prepare: async (client, { away: [debitAccountId, creditAccountId] }) =>
      post(client, '/v1/transfers', {
        postings: [{ debitAccountId, creditAccountId, amount: '7' }],
      }),
  },
  {
    endpoint: 'post-batch',
    prepare: async (client, tenant) =>
      post(client, '/v1/transfers/batch', {
        items: [
          { type: 'transfer', postings: [order(tenant)] },
          { type: 'hold', ...order(tenant) },
        ],
      }),
  },
  {
    endpoint: 'reverse-transfer',
    prepare: async (client, tenant) => {
      const { transferId } = await done(
        client.post('/v1/transfers', { postings: [order(tenant)] }),
      );
      return post(client, `/v1/transfers/${transferId}/reversal`, {});
    },
  },
  {
    endpoint: 'accept-transfer',
    prepare: async (client, tenant) =>
      post(client, '/v1/transfers/async', { postings: [order(tenant)] }),
  },
  {
    endpoint: 'post-hold',
    prepare: async (client, tenant) => post(client, '/v1/holds', order(tenant)),
  },
  {
    endpoint: 'capture-hold',
    prepare: async (client, tenant) =>
      post(client, `/v1/holds/${await hold(client, tenant)}/capture`, { amount: '3' }),
  },
  {
    endpoint: 'void-hold',
    prepare: async (client, tenant) =>
      post(client, `/v1/holds/${await hold(client, tenant)}/void`, {}),
  },
  {
    endpoint: 'post-upload',
    prepare: async (client) => post(client, '/v1/uploads', upload()),
  },
  {
    endpoint: 'post-webhook-endpoint',
    prepare: async (client, { webhookUrl }) =>
      post(client, '/v1/webhooks/endpoints', {
        url: webhookUrl,
        eventTypes: ['account.monitor.triggered'],
      }),
  },
  {
    endpoint: 'patch-webhook-endpoint',
    prepare: async (client, tenant) => {
      const id = await endpoint(client, tenant);
      return (key) => client.patch(`/v1/webhooks/endpoints/${id}`, { enabled: false }, under(key));
    },
  },
  {
    endpoint: 'delete-webhook-endpoint',
    prepare: async (client, tenant) => {
      const id = await endpoint(client, tenant);
      return (key) => client.delete(`/v1/webhooks/endpoints/${id}`, under(key));
    },
  },
  {
    endpoint: 'rotate-webhook-secret',
    prepare: async (client, tenant) =>
      post(client, `/v1/webhooks/endpoints/${await endpoint(client, tenant)}/secret`, {}),
  },
  {
    endpoint: 'ping-webhook-endpoint',
    prepare: async (client, tenant) =>
      post(client, `/v1/webhooks/endpoints/${await endpoint(client, tenant)}/ping`, undefined),
  },
  {
    endpoint: 'replay-webhook-delivery',
    prepare: async (client, tenant) => {
      const path = `/v1/webhooks/endpoints/${await endpoint(client, tenant)}/ping`;
      const { deliveryId } = await done(client.post(path, undefined));
      await tenant.endDelivery(deliveryId);
      return post(client, `/v1/webhooks/deliveries/${deliveryId}/replay`, undefined);
    },
  },
  {
    endpoint: 'post-monitor',
    prepare: async (client) =>
      post(client, `/v1/accounts/${await client.account()}/monitors`, condition),
  },
  {
    endpoint: 'delete-monitor',
    prepare: async (client) => {
      const path = `/v1/accounts/${await client.account()}/monitors`;
      const { monitorId } = await done(client.post(path, condition));
      return (key) => client.delete(`/v1/monitors/${monitorId}`, under(key));
    },
  },
  {
    endpoint: 'post-reconciliation',
    prepare: async (client, { from }) => {
      const uploadId = await uploadFile(client, statement);
      return post(client, '/v1/reconciliations', { accountId: from, uploadId, format: 'csv', csv });
    },
  },
];
