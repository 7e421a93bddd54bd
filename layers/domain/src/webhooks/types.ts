/** What an endpoint can subscribe to. */
export const webhookEventTypes = ['account.monitor.triggered'] as const;
export type WebhookEventType = (typeof webhookEventTypes)[number];

export const maxWebhookUrlLength = 2_048;

export interface WebhookEndpoint {
  readonly endpointId: string;
  readonly url: string;
  readonly eventTypes: readonly WebhookEventType[];
  readonly status: 'enabled' | 'disabled';
  /** `asked`: by its owner; `gone`: it answered 410. Null while it is enabled. */
  readonly disabledReason: 'asked' | 'gone' | null;
  /** Until then deliveries are signed with the secret before the newest, too. */
  readonly oldSecretUntil: Date | null;
  readonly createdAt: Date;
}

/** An endpoint with a secret that was made for it, as it is stored. */
export interface SealedEndpoint {
  readonly endpoint: WebhookEndpoint;
  readonly sealedSecret: string;
}

/** Why an address is not sent to. */
export type UrlRefusal = 'malformed' | 'scheme' | 'credentials' | 'unresolvable' | 'address';

export type DeliveryStatus = 'pending' | 'delivered' | 'dead';

/** What came of an attempt that was not answered. */
export type DeliveryError =
  | 'timeout'
  | 'connection'
  | 'tls'
  /** It names, or resolves to, an address that is not public. */
  | 'address-refused'
  /** The endpoint was deleted before it could be told. */
  | 'endpoint-deleted';

export interface WebhookDelivery {
  /** Also the header `webhook-id`, in every attempt. */
  readonly deliveryId: string;
  readonly endpointId: string;
  /** Deliveries of one endpoint about one account keep their order. Null for a ping. */
  readonly accountId: string | null;
  readonly eventType: WebhookEventType | 'webhook.ping';
  readonly status: DeliveryStatus;
  readonly attempts: number;
  /** The HTTP status of the last answer; null when there was none. */
  readonly lastStatus: number | null;
  readonly lastError: DeliveryError | null;
  /** The body that is sent. */
  readonly event: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  readonly attemptedAt: Date | null;
  readonly endedAt: Date | null;
}

export interface DeliveryFilter {
  readonly accountId?: string | undefined;
  readonly endpointId?: string | undefined;
  readonly status?: DeliveryStatus | undefined;
}
