import type { CallContext, Page, PageRequest, RequestIdentity } from '../ledger/ledger.ts';
import type { Outcome } from '../ledger/refusals.ts';
import type { Monitor, MonitorCondition } from './monitors.ts';
import type {
  DeliveryFilter,
  SealedEndpoint,
  UrlRefusal,
  WebhookDelivery,
  WebhookEndpoint,
  WebhookEventType,
} from './types.ts';

export interface CreateEndpoint {
  readonly url: string;
  readonly eventTypes: readonly WebhookEventType[];
  readonly sealedSecret: string;
  /** What is wrong with the address; then nothing is created, and the refusal is kept under the key. */
  readonly urlRefusal: UrlRefusal | null;
}

export interface ChangeEndpoint {
  readonly enabled?: boolean | undefined;
  readonly eventTypes?: readonly WebhookEventType[] | undefined;
}

export interface RotateSecret {
  readonly sealedSecret: string;
  /** For so long the secret before signs, too. */
  readonly keepOldSeconds: number;
}

/** Port: what tenants do with endpoints, monitors and deliveries. Writes are guarded by their key. */
export interface Webhooks {
  createEndpoint(
    who: RequestIdentity,
    command: CreateEndpoint,
    context: CallContext,
  ): Promise<Outcome<SealedEndpoint>>;
  changeEndpoint(
    who: RequestIdentity,
    endpointId: string,
    change: ChangeEndpoint,
    context: CallContext,
  ): Promise<Outcome<WebhookEndpoint>>;
  rotateSecret(
    who: RequestIdentity,
    endpointId: string,
    command: RotateSecret,
    context: CallContext,
  ): Promise<Outcome<SealedEndpoint>>;
  /** What still waits for it is dead, once it is its turn. */
  deleteEndpoint(
    who: RequestIdentity,
    endpointId: string,
    context: CallContext,
  ): Promise<Outcome<WebhookEndpoint>>;
  pingEndpoint(
    who: RequestIdentity,
    endpointId: string,
    context: CallContext,
  ): Promise<Outcome<WebhookDelivery>>;
  readEndpoint(
    tenant: string,
    endpointId: string,
    context: CallContext,
  ): Promise<WebhookEndpoint | undefined>;
  listEndpoints(
    tenant: string,
    page: PageRequest,
    context: CallContext,
  ): Promise<Page<WebhookEndpoint>>;

  createMonitor(
    who: RequestIdentity,
    accountId: string,
    condition: MonitorCondition,
    context: CallContext,
  ): Promise<Outcome<Monitor>>;
  deleteMonitor(
    who: RequestIdentity,
    monitorId: string,
    context: CallContext,
  ): Promise<Outcome<Monitor>>;
  /** Undefined: there is no such account. */
  listMonitors(
    tenant: string,
    accountId: string,
    page: PageRequest,
    context: CallContext,
  ): Promise<Page<Monitor> | undefined>;

  listDeliveries(
    tenant: string,
    filter: DeliveryFilter,
    page: PageRequest,
    context: CallContext,
  ): Promise<Page<WebhookDelivery>>;
  /** At the end of its queue, under its own id. */
  replayDelivery(
    who: RequestIdentity,
    deliveryId: string,
    context: CallContext,
  ): Promise<Outcome<WebhookDelivery>>;
}
