import { randomInt } from 'node:crypto';
import type { QuotaRate } from '@atlas/domain';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { EndpointSettings } from './endpoint-definition.ts';
import type { QuotaVerdict } from './resilience/tenant-quotas.ts';

/**
 * Which share of its budget a request may have waited before it is looked at. A function does one request at a
 * time, so overload shows as the age of what arrives; what is critical is shed last.
 */
export const patience: Readonly<Record<EndpointSettings['slo'], number>> = {
  critical: 0.8,
  default: 0.5,
  'non-critical': 0.25,
};

/** More is no waiting but clocks that differ, or an emulator that tells another time. */
const believableMs = 60_000;

/** How long ago the gateway took the request. */
export const waitedMs = (event: APIGatewayProxyEvent, nowMs: number): number => {
  const takenMs = event.requestContext?.requestTimeEpoch;
  if (typeof takenMs !== 'number') return 0;
  const ageMs = nowMs - takenMs;
  return ageMs > 0 && ageMs <= believableMs ? ageMs : 0;
};

/**
 * How much of the wait of a request was for the start of this process, which is no overload: Lambda starts one
 * because there is a request. The rest is what it had waited before.
 *
 * @param readyMs when the process could take its first request
 */
export const startMs = (waited: number, nowMs: number, readyMs: number): number =>
  Math.max(0, readyMs - Math.max(nowMs - waited, performance.timeOrigin));

/** Drawn anew, so that those who were turned away together do not come back together. */
export const retryAfterSeconds = (): number => randomInt(1, 5);

/** The fields of draft-ietf-httpapi-ratelimit-headers. */
export const quotaHeaders = (
  { perSecond, burst }: QuotaRate,
  { remaining, resetSeconds }: QuotaVerdict,
): Readonly<Record<string, string>> => ({
  'RateLimit-Policy': `"tenant";q=${burst};w=${Math.ceil(burst / perSecond)}`,
  RateLimit: `"tenant";r=${remaining};t=${resetSeconds}`,
});
