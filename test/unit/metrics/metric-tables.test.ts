import { MetricRegistry } from '@atlas/runtime';
import { describe, expect, it } from 'vitest';
import { metricTables } from '../../../localstack/metric-tables.ts';

describe('what make metrics prints', () => {
  it('is a table of functions, dependencies, refusals and transfers', () => {
    const registry = new MetricRegistry();
    registry.count('Requests', 'post-transfer').add(100);
    registry.count('Requests', 'expire-holds').add(2);
    registry.count('Faults', 'post-transfer').add(3);
    registry.count('Refusals', 'post-transfer', 'insufficient-funds').add(7);
    const durations = registry.durationsOf('LatencyMs', 'post-transfer');
    for (let i = 0; i < 98; i += 1) durations.observe(4);
    for (let i = 0; i < 2; i += 1) durations.observe(90_000);
    registry.count('Transfers', 'EUR').add(90);
    registry.count('Transfers', 'other').add(1);
    registry.count('TransferredMinorUnits', 'EUR').add(4_500);
    const values = registry.take('fleet');
    expect(metricTables([{ kind: 'counts', source: 'any', values }]).join('\n\n')).toBe(
      [
        'function       count  failed  p50 ms  p95 ms   p99 ms',
        'expire-holds       2       0       -       -        -',
        'post-transfer    100       3     ≤ 5     ≤ 5  > 48000',
        '',
        'dependency  count  failed  p50 ms  p95 ms  p99 ms',
        '',
        'refused by                problem  count',
        'post-transfer  insufficient-funds      7',
        '',
        'asset  transfers  minor units',
        'EUR           90         4500',
        'other          1            -',
      ].join('\n'),
    );
  });
});
