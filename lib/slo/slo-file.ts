import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { durationPattern, minutesIn } from './durations.ts';

/**
 * The longest that CloudWatch looks back for an alarm whose period is an hour or more. A window is one
 * period, so that the ratio is that of the whole window (docs/adr/0025-service-levels.md).
 */
const longestWindowMinutes = 7 * 1_440;

const duration = z
  .string()
  .regex(durationPattern, 'must be a number and m, h or d, as in 5m')
  .refine((text) => minutesIn(text) <= longestWindowMinutes, 'CloudWatch alarms see seven days');

const positive = z.number().positive();
const count = z.number().int().positive();

const ascending = (one: { readonly p50: number; readonly p95: number; readonly p99: number }) =>
  one.p50 <= one.p95 && one.p95 <= one.p99;

const percentiles = z
  .strictObject({ p50: positive, p95: positive, p99: positive })
  .refine(ascending, 'p50, p95 and p99 must not fall');

const tier = z.strictObject({
  objectivePercent: z.number().gt(0).lt(100),
  latencyMs: percentiles,
  outage: z.strictObject({ failures: count.min(2, 'one failure is no outage'), window: duration }),
});

const burnRate = z
  .strictObject({ burn: positive, long: duration, short: duration })
  .refine(({ long, short }) => minutesIn(short) < minutesIn(long), {
    path: ['short'],
    message: 'the short window must be shorter than the long one',
  });

const policyStep = z.strictObject({ leftPercent: z.number().max(100), rule: z.string().min(1) });

const sloFile = z.strictObject({
  windowDays: count,
  tiers: z.strictObject({ critical: tier, default: tier, 'non-critical': tier }),
  burnRates: z.strictObject({ page: z.array(burnRate).min(1), ticket: z.array(burnRate).min(1) }),
  leastFailures: z.strictObject({
    long: count.min(2, 'one failure must never page'),
    short: count.min(2, 'one failure must never page'),
  }),
  latency: z.strictObject({
    window: duration,
    windows: count,
    leastSamples: percentiles,
    backgroundShares: percentiles.refine(({ p99 }) => p99 <= 1, 'nothing takes more than all'),
    exceptions: z.record(z.string(), percentiles),
  }),
  policy: z.array(policyStep).min(1),
});

export type SloFile = z.output<typeof sloFile>;
export type Percentiles = z.output<typeof percentiles>;
export type BurnRate = z.output<typeof burnRate>;
export type Severity = keyof SloFile['burnRates'];

/** Checks service levels; throws with the place of each setting that is missing or wrong. */
export const parseSlo = (text: string): SloFile => {
  const result = sloFile.safeParse(parse(text));
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    (issue) => `  ${issue.path.join('.') || 'the file'}: ${issue.message}`,
  );
  throw new Error(`slo.yaml is not complete:\n${problems.join('\n')}`);
};

/** The service levels of this repository. */
export const readSlo = (): SloFile =>
  parseSlo(readFileSync(join(import.meta.dirname, '..', '..', 'slo.yaml'), 'utf8'));
