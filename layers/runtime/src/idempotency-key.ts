import { hash } from 'node:crypto';
import type { RequestIdentity } from '@atlas/domain';
import { Problem } from './problem.ts';

const keyPattern = /^[\x21\x23-\x7e]{1,255}$/;

/**
 * The caller's key (draft-ietf-httpapi-idempotency-key-header-07): a quoted string, or, since most
 * clients send it so, the bare characters.
 */
export const parseIdempotencyKey = (header: string | undefined): string => {
  if (header === undefined || header.trim() === '') {
    const detail = 'Send a key of your own with each POST, and the same one when you repeat it.';
    throw new Problem('idempotency-key-missing', detail);
  }
  const trimmed = header.trim();
  const quoted = /^"(.*)"$/.exec(trimmed)?.[1];
  const key = quoted ?? trimmed;
  if (!keyPattern.test(key)) {
    const detail = 'A key is 1 to 255 printable ASCII characters, without blanks or quotes.';
    throw new Problem('idempotency-key-malformed', detail);
  }
  return key;
};

/** SHA-256 cut to 128 bits, as 32 hex digits. */
const hash128 = (...parts: readonly string[]): string =>
  hash('sha256', `${parts.join('\u0000')}\u0000`, 'hex').slice(0, 32);

/**
 * The key's hash covers the tenant, so that no two tenants share one; the request's covers method, path,
 * raw body and If-Match: a key cannot be reused for something else.
 */
export const requestIdentity = (
  tenant: string,
  key: string,
  request: {
    readonly method: string;
    readonly path: string;
    readonly rawBody: string;
    readonly ifMatch: string | undefined;
  },
): RequestIdentity => ({
  tenant,
  keyHash: hash128(tenant, key),
  requestHash: hash128(
    request.method,
    request.path,
    request.rawBody,
    ...(request.ifMatch === undefined ? [] : [request.ifMatch]),
  ),
});
