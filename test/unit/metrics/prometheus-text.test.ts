import {
  fleetSeries,
  type MetricCatalogue,
  metricCatalogue,
  prometheusText,
  type ToldMetrics,
} from '@atlas/domain';
import { MetricRegistry } from '@atlas/runtime';
import { describe, expect, it } from 'vitest';

const told = (values: Readonly<Record<string, number>>, kind: ToldMetrics['kind'] = 'counts') => ({
  ...{ kind, source: 'any' },
  values: new Map(Object.entries(values)),
});
const textOf = (...all: readonly ToldMetrics[]) =>
  prometheusText(metricCatalogue, fleetSeries(all)).split('\n');

describe('the text for Prometheus', () => {
  it('adds up what several sources counted, and takes what was measured as it is', () => {
    const text = textOf(
      told({ 'Requests|post-transfer': 3 }),
      told({ 'Requests|post-transfer': 4 }),
      told({ 'OutboxWaiting|0': 5, 'OutboxWaiting|1': 6 }, 'measures'),
    );
    expect(text).toContain('# TYPE atlas_requests_total counter');
    expect(text).toContain('atlas_requests_total{function="post-transfer"} 7');
    expect(text).toContain('# TYPE atlas_outbox_waiting gauge');
    expect(text).toContain('atlas_outbox_waiting{shard="0"} 5');
    expect(text).toContain('atlas_outbox_waiting{shard="1"} 6');
  });

  it('has cumulative buckets, a sum and a count of durations', () => {
    const registry = new MetricRegistry();
    const durations = registry.durationsOf('LatencyMs', 'post-transfer');
    for (const ms of [0.5, 1, 4.25, 100, 100.01, 60_000]) durations.observe(ms);
    const text = textOf({ kind: 'counts', source: 'any', values: registry.take('fleet') });
    const bucket = (le: string, count: number) =>
      `atlas_duration_milliseconds_bucket{function="post-transfer",le="${le}"} ${count}`;
    for (const [le, count] of [
      ...([['1', 2] as const, ['2', 2] as const, ['5', 3] as const, ['100', 4] as const] as const),
      ...([['200', 5] as const, ['48000', 5] as const, ['+Inf', 6] as const] as const),
    ]) {
      expect(text).toContain(bucket(le, count));
    }
    expect(text).toContain('atlas_duration_milliseconds_sum{function="post-transfer"} 60205.76');
    expect(text).toContain('atlas_duration_milliseconds_count{function="post-transfer"} 6');
  });

  it('counts in buckets that another version has, and loses nothing of them', () => {
    const text = textOf(told({ 'LatencyMs|post-hold|100': 1, 'LatencyMs|post-hold|150': 2 }));
    const of = (le: string) =>
      `atlas_duration_milliseconds_bucket{function="post-hold",le="${le}"}`;
    expect(text).toContain(`${of('100')} 1`);
    expect(text).toContain(`${of('150')} 3`);
    expect(text).toContain(`${of('200')} 3`);
    expect(text).toContain('atlas_duration_milliseconds_count{function="post-hold"} 3');
  });

  it('leaves out what it does not know, and escapes what a label may be', () => {
    const text = textOf(told({ 'Nothing|a': 1, 'Refusals|f|a"b\\c\nd': 2 }));
    expect(text.join('\n')).not.toContain('Nothing');
    expect(text).toContain('atlas_refusals_total{function="f",problem="a\\"b\\\\c\\nd"} 2');
  });

  it('takes a new metric with a row of the catalogue, and nothing else', () => {
    const catalogue: MetricCatalogue = {
      Planted: {
        kind: 'counter',
        unit: 'count',
        labels: ['shard'],
        help: 'Something new.',
        prometheus: 'atlas_planted_total',
      },
    };
    expect(prometheusText(catalogue, new Map([['Planted|1', 2]]))).toBe(
      '# HELP atlas_planted_total Something new.\n' +
        '# TYPE atlas_planted_total counter\n' +
        'atlas_planted_total{shard="1"} 2\n',
    );
  });
});
