import { writeMetricLine } from './metrics/cloudwatch-line.ts';
import type { BreakerState } from './resilience/shared-breaker.ts';

/** One metrics line for each change of a breaker: 1 when it opens, 0 when it closes, by dependency. */
export const recordBreaker = (dependency: string, { kind }: BreakerState): void => {
  if (kind === 'half-open') return;
  writeMetricLine({ dependency }, new Map([['BreakerOpen', kind === 'open' ? 1 : 0]]));
};
