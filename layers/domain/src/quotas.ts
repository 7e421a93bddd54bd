import type { CallContext } from './ledger/ledger.ts';

/** How many requests a tenant may make: so many a second in the long run, and so many at once. */
export interface QuotaRate {
  readonly perSecond: number;
  readonly burst: number;
}

/** A token bucket (RFC 2697, section 3): a token for each request, filled at the rate up to the burst. */
export interface QuotaBucket {
  readonly tokens: number;
  readonly atMs: number;
}

/** The bucket of a tenant who has not been seen yet. */
export const fullBucket = ({ burst }: QuotaRate, nowMs: number): QuotaBucket => ({
  tokens: burst,
  atMs: nowMs,
});

/**
 * Takes up to so many whole tokens. Clocks of different machines differ, so time never goes back: over any
 * time no more is granted than the burst and what the rate gave in it.
 */
export const takeTokens = (
  { tokens, atMs }: QuotaBucket,
  { perSecond, burst }: QuotaRate,
  wish: number,
  nowMs: number,
): { readonly bucket: QuotaBucket; readonly granted: number } => {
  const laterMs = Math.max(atMs, nowMs);
  const filled = Math.min(burst, tokens + ((laterMs - atMs) * perSecond) / 1_000);
  const granted = Math.max(0, Math.min(wish, Math.floor(filled)));
  return { bucket: { tokens: filled - granted, atMs: laterMs }, granted };
};

export interface QuotaLease {
  readonly granted: number;
  /** What is left in the bucket. */
  readonly left: number;
}

/** The buckets of all tenants, from which execution environments lease tokens. */
export interface QuotaStore {
  lease(tenant: string, wish: number, context: CallContext): Promise<QuotaLease>;
}
