import { createHash } from 'node:crypto';
import type { RequestIdentity } from '@atlas/domain';

/**
 * The advisory lock of a key, a signed 64-bit number: tenants may use the same keys without
 * meeting. Two keys share a lock once in 2^64; the later one would then be told "in flight".
 */
export const keyLock = (who: RequestIdentity): bigint =>
  createHash('sha256').update(`${who.tenant}\u0000${who.keyHash}`).digest().readBigInt64BE(0);
