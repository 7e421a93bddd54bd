import {
  type CallContext,
  type ChangeEndpoint,
  type CreateEndpoint,
  homePartition,
  type Outcome,
  type Page,
  type PageRequest,
  partitionOfId,
  type RequestIdentity,
  type RotateSecret,
  type SealedEndpoint,
  type WebhookDelivery,
  type WebhookEndpoint,
} from '@atlas/domain';
import { pageOf } from './merge-pages.ts';
import { newId } from './new-id.ts';
import type { Router } from './router.ts';
import { statements } from './statements.ts';
import { deliveryOf, type StoredDelivery } from './webhook-deliveries.ts';
import type { Write } from './write-request.ts';
import { writeStored } from './write-stored.ts';

/** An endpoint as it is stored and read (ledger.webhook_endpoint_json). */
interface StoredEndpoint {
  readonly endpointId: string;
  readonly url: string;
  readonly eventTypes: WebhookEndpoint['eventTypes'];
  readonly status: string;
  readonly disabledReason: WebhookEndpoint['disabledReason'];
  readonly oldSecretUntil: string | null;
  readonly createdAt: string;
  /** Only where the request made the secret. */
  readonly sealedSecret?: string;
}

const endpointOf = (stored: StoredEndpoint): WebhookEndpoint => ({
  endpointId: stored.endpointId,
  url: stored.url,
  eventTypes: stored.eventTypes,
  disabledReason: stored.disabledReason,
  status: stored.status === 'e' ? 'enabled' : 'disabled',
  oldSecretUntil: stored.oldSecretUntil === null ? null : new Date(stored.oldSecretUntil),
  createdAt: new Date(stored.createdAt),
});

const sealedOf = (stored: StoredEndpoint): SealedEndpoint => ({
  endpoint: endpointOf(stored),
  sealedSecret: stored.sealedSecret ?? '',
});

export const createEndpoint = (
  router: Router,
  who: RequestIdentity,
  { url, eventTypes, sealedSecret, urlRefusal }: CreateEndpoint,
  context: CallContext,
): Promise<Outcome<SealedEndpoint>> => {
  const born = homePartition(who.tenant);
  const refusal =
    urlRefusal === null ? null : { code: 'webhook-url-refused' as const, reason: urlRefusal };
  const values = [newId(born), born, url, eventTypes, sealedSecret, refusal];
  const write = {
    statement: statements.createWebhookEndpoint,
    values,
    partitions: [born],
  } as const;
  return writeStored(router, who, write, sealedOf, context);
};

/** What may change of an endpoint; what is left out stays. */
interface Change {
  readonly status?: 'e' | 'd' | 'x' | undefined;
  readonly eventTypes?: readonly string[] | undefined;
  readonly rotation?: RotateSecret;
}

const writeChange = (endpointId: string, { status, eventTypes, rotation }: Change): Write => ({
  statement: statements.changeWebhookEndpoint,
  values: [
    endpointId,
    status ?? null,
    eventTypes ?? null,
    rotation?.sealedSecret ?? null,
    rotation?.keepOldSeconds ?? 0,
  ],
  partitions: [partitionOfId(endpointId)],
});

export const changeEndpoint = (
  router: Router,
  who: RequestIdentity,
  endpointId: string,
  { enabled, eventTypes }: ChangeEndpoint,
  context: CallContext,
): Promise<Outcome<WebhookEndpoint>> => {
  const status = enabled === undefined ? undefined : enabled ? 'e' : 'd';
  const write = writeChange(endpointId, { status, eventTypes });
  return writeStored(router, who, write, endpointOf, context);
};

export const rotateSecret = (
  router: Router,
  who: RequestIdentity,
  endpointId: string,
  rotation: RotateSecret,
  context: CallContext,
): Promise<Outcome<SealedEndpoint>> =>
  writeStored(router, who, writeChange(endpointId, { rotation }), sealedOf, context);

export const deleteEndpoint = (
  router: Router,
  who: RequestIdentity,
  endpointId: string,
  context: CallContext,
): Promise<Outcome<WebhookEndpoint>> =>
  writeStored(router, who, writeChange(endpointId, { status: 'x' }), endpointOf, context);

export const pingEndpoint = (
  router: Router,
  who: RequestIdentity,
  endpointId: string,
  context: CallContext,
): Promise<Outcome<WebhookDelivery>> => {
  const partitions = [partitionOfId(endpointId)] as const;
  const write = { statement: statements.pingWebhookEndpoint, values: [endpointId], partitions };
  return writeStored<StoredDelivery, WebhookDelivery>(router, who, write, deliveryOf, context);
};

/** All endpoints of a tenant are on its home shard. */
const fetchEndpoints = async (
  router: Router,
  partition: number,
  values: readonly unknown[],
  context: CallContext,
): Promise<WebhookEndpoint[]> => {
  const rows = await router
    .shardOf(partition)
    .run<{ readonly read_webhook_endpoints: StoredEndpoint }>(
      statements.readWebhookEndpoints,
      values,
      { deadline: context.deadline, effect: 'read' },
    );
  return rows.map((row) => endpointOf(row.read_webhook_endpoints));
};

export const readEndpoint = async (
  router: Router,
  tenant: string,
  endpointId: string,
  context: CallContext,
): Promise<WebhookEndpoint | undefined> => {
  const values = [tenant, endpointId, null, 1];
  return (await fetchEndpoints(router, partitionOfId(endpointId), values, context))[0];
};

export const listEndpoints = async (
  router: Router,
  tenant: string,
  page: PageRequest,
  context: CallContext,
): Promise<Page<WebhookEndpoint>> => {
  const values = [tenant, null, page.after, page.limit + 1];
  const found = await fetchEndpoints(router, homePartition(tenant), values, context);
  return pageOf(found, page.limit, ({ endpointId }) => endpointId);
};
