import type { UrlRefusal } from './types.ts';

/** What is refused of endpoints, monitors and deliveries. */
export type WebhookRefusal =
  | { readonly code: 'webhook-url-refused'; readonly reason: UrlRefusal }
  | { readonly code: 'webhook-endpoint-not-found'; readonly endpointId: string }
  | { readonly code: 'monitor-not-found'; readonly monitorId: string }
  | { readonly code: 'delivery-not-found'; readonly deliveryId: string }
  | { readonly code: 'delivery-pending'; readonly deliveryId: string }
  | {
      readonly code: 'subscription-limit-reached';
      readonly what: 'endpoints' | 'monitors';
      readonly limit: number;
    };
