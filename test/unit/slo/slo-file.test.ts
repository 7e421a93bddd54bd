import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { objectivesOf } from '../../../lib/slo/objectives.ts';
import { parseSlo, readSlo } from '../../../lib/slo/slo-file.ts';

const text = readFileSync(join(import.meta.dirname, '..', '..', '..', 'slo.yaml'), 'utf8');

/** The file with one text replaced; throws where it does not have it. */
const changed = (from: string, to: string): string => {
  if (!text.includes(from)) throw new Error(`slo.yaml has no ${from}`);
  return text.replace(from, to);
};

describe('slo.yaml', () => {
  it('promises 99.99, 99.9 and 99 %', () => {
    const { tiers } = readSlo();
    expect(Object.values(tiers).map(({ objectivePercent }) => objectivePercent)).toEqual([
      99.99, 99.9, 99,
    ]);
  });

  it.each([
    ['a tier that is missing', '  critical:\n', '  urgent:\n', 'tiers.critical'],
    ['a setting that does not exist', 'windowDays: 30', 'windowDay: 30', 'windowDays'],
    ['an outage of one failure', 'failures: 2,', 'failures: 1,', 'tiers.critical.outage.failures'],
    ['a promise of everything', '99.99', '100', 'tiers.critical.objectivePercent'],
    ['percentiles that fall', 'p95: 300', 'p95: 3000', 'tiers.critical.latencyMs'],
    ['a short window that is none', 'short: 5m', 'short: 2h', 'burnRates.page.0.short'],
    ['a window without a unit', 'long: 1h', 'long: 60', 'burnRates.page.0.long'],
    ['a window that CloudWatch cannot see', 'long: 3d', 'long: 8d', 'burnRates.ticket.1.long'],
    [
      'a guard that lets one failure page',
      'long: 6, short: 3',
      'long: 6, short: 1',
      'leastFailures',
    ],
  ])('is refused with the place of %s', (_what, from, to, place) => {
    expect(() => parseSlo(changed(from, to))).toThrow(place);
  });

  it('is refused if it makes an exception for what is no endpoint', () => {
    const slo = parseSlo(changed('post-batch:', 'post-bach:'));
    expect(() => objectivesOf(slo)).toThrow('post-bach');
  });

  it('is refused if it promises an answer after the request is cut off', () => {
    const slo = parseSlo(changed('p99: 5000 }', 'p99: 11000 }'));
    expect(() => objectivesOf(slo)).toThrow('post-batch is cut off after 10000 ms');
  });

  it('gives a budget without the noise of binary fractions', () => {
    const budgets = new Set(objectivesOf(readSlo()).map(({ budget }) => budget));
    expect(budgets).toEqual(new Set([0.0001, 0.001, 0.01]));
  });

  it('gives an endpoint the latency of its tier, and what is tried again a larger count', () => {
    const slo = readSlo();
    const objectives = new Map(objectivesOf(slo).map((one) => [one.name, one]));
    expect(objectives.get('post-transfer')?.latencyMs).toEqual(slo.tiers.critical.latencyMs);
    expect(objectives.get('post-batch')?.latencyMs.p99).toBe(5_000);
    expect(objectives.get('project-balances')?.leastFailures).toEqual({ long: 30, short: 15 });
    expect(objectives.get('measure-outbox')?.latencyMs.p99).toBe(8_000);
  });
});
