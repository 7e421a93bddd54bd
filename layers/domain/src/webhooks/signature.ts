import { createHmac } from 'node:crypto';

const secretPrefix = 'whsec_';

/** The text form of a signing key (Standard Webhooks): 24 to 64 bytes. */
export const webhookSecret = (key: Uint8Array): string =>
  secretPrefix + Buffer.from(key).toString('base64');

/** The headers of one attempt. Every active secret signs, so that receivers can change over. */
export interface WebhookHeaders {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

/**
 * Signs a delivery as Standard Webhooks says: HMAC-SHA256 over `id.timestamp.body`.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 *
 * @param timestampSeconds of this attempt, by which receivers tell a replay
 * @param secrets at least one, each with its prefix
 */
export const signWebhook = (
  message: { readonly id: string; readonly timestampSeconds: number; readonly body: string },
  secrets: readonly string[],
): WebhookHeaders => {
  const timestamp = String(message.timestampSeconds);
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(secretPrefix.length), 'base64');
    const hmac = createHmac('sha256', key).update(`${message.id}.${timestamp}.${message.body}`);
    return `v1,${hmac.digest('base64')}`;
  });
  return {
    'webhook-id': message.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
};
