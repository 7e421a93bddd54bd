export { systemClocks } from './clocks.ts';
export * from './concurrency-limit.ts';
export { Fallback } from './fallback.ts';
export * from './resilient-guard.ts';
export type { BreakerState } from './shared-breaker.ts';
export * from './tenant-quotas.ts';
export { usualSettings } from './usual-settings.ts';
