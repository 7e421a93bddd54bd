import {
  assetLabel,
  durationBoundsMs,
  type EventMessage,
  type MetricDefinition,
  metricCatalogue,
  prometheusText,
  seriesKey,
} from '@atlas/domain';
import { countTransfers, MetricRegistry } from '@atlas/runtime';
import { beforeAll, describe, expect, it } from 'vitest';
import { objectivesOf } from '../../../lib/slo/objectives.ts';
import { readSlo } from '../../../lib/slo/slo-file.ts';
import { installPromtool } from '../../../localstack/toolchain/install.ts';
import { checkMetrics } from '../../support/promtool.ts';

beforeAll(installPromtool);

const rows = Object.entries(metricCatalogue);

/** A value of every series, whatever its labels are. */
const everything = (): string => {
  const registry = new MetricRegistry();
  const series = rows.map(([metric, { kind, labels }]): [string, number] => {
    const values = labels.map((label) => `a-${label}`);
    return [seriesKey(metric, ...values, ...(kind === 'histogram' ? ['100'] : [])), 1];
  });
  registry.durationsOf('LatencyMs', 'a-function').observe(3);
  return prometheusText(metricCatalogue, new Map([...series, ...registry.take('fleet')]));
};

/** What promtool says of names that others rely on: alerts and objectives are in milliseconds. */
const isMeant = (finding: string): boolean =>
  finding.endsWith('use base unit "seconds" instead of "milliseconds"');

describe('the catalogue of metrics', () => {
  it('makes a text that promtool takes, but for the unit of durations', () => {
    const text = everything();
    const findings = checkMetrics(text).output.split('\n').filter(Boolean);
    expect(findings.filter(isMeant).length).toBeGreaterThan(5);
    expect(findings.filter((finding) => !isMeant(finding))).toEqual([]);
    const names = rows.flatMap(([, { prometheus }]) => prometheus ?? []);
    for (const name of names) expect(text).toContain(`# TYPE ${name} `);
  });

  it.each([
    ['atlas_requests_total{function="a"} b\n', 'a value that is none'],
    ['# TYPE atlas_x counter\natlas_x 1\n', 'a counter by another name'],
    ['# TYPE a counter\n# TYPE a counter\na 1\n', 'a type said twice'],
  ])('would be found to make a text that it does not take: %s (%s)', (text) => {
    expect(checkMetrics(text)).toMatchObject({ passed: false });
  });

  it('has a bucket that ends at each latency objective', () => {
    const missing = objectivesOf(readSlo()).flatMap(({ name, latencyMs }) =>
      Object.values(latencyMs)
        .filter((ms) => !durationBoundsMs.includes(ms))
        .map((ms) => `${name}: ${ms}`),
    );
    expect(missing).toEqual([]);
    expect(durationBoundsMs).toEqual(durationBoundsMs.toSorted((a, b) => a - b));
  });

  it('names no two metrics alike, and each by its kind and unit', () => {
    const names = rows.flatMap(([, { prometheus }]) => prometheus ?? []);
    expect(new Set(names).size).toBe(names.length);
    for (const [metric, { kind, unit, prometheus = '' }] of rows) {
      expect(prometheus === '' || prometheus.startsWith('atlas_')).toBe(true);
      expect(prometheus.endsWith('_total')).toBe(kind === 'counter');
      const isTime = prometheus.includes('milliseconds') || metric.endsWith('Ms');
      expect([metric, isTime]).toEqual([metric, unit === 'milliseconds']);
    }
  });

  it('tells series apart by nothing that somebody outside can add to', () => {
    const bounded = ['function', 'problem', 'dependency', 'asset', 'shard', 'group', 'topic'];
    const labels = new Set(rows.flatMap(([, one]: [string, MetricDefinition]) => one.labels));
    expect([...labels].filter((label) => !bounded.includes(label))).toEqual([]);
    expect([...labels].filter((label) => /tenant|id$|trace|account/i.test(label))).toEqual([]);
  });
});

const transfer = (postings: readonly (readonly [asset: string, amount: string])[]) =>
  ({
    type: 'TransferPosted',
    data: {
      tenant: 'acme',
      postings: postings.map(([asset, amount]) => ({
        ...{ debitAccountId: 'a', creditAccountId: 'b', asset, amount },
      })),
    },
  }) as unknown as EventMessage;

describe('transfers', () => {
  it('are counted once for each asset, with what they moved of a currency', () => {
    const registry = new MetricRegistry();
    countTransfers(
      [
        transfer([
          ['EUR', '7'],
          ['EUR', '3'],
        ]),
        transfer([
          ['EUR', '1'],
          ['USD', '5'],
        ]),
        { ...transfer([['EUR', '100']]), type: 'HoldPlaced' },
      ],
      registry,
    );
    expect(Object.fromEntries(registry.take('fleet'))).toEqual({
      ...{ 'Transfers|EUR': 2, 'TransferredMinorUnits|EUR': 11 },
      ...{ 'Transfers|USD': 1, 'TransferredMinorUnits|USD': 5 },
    });
  });

  it('of assets that tenants name are counted together, without their names', () => {
    const registry = new MetricRegistry();
    const names = ['ACMESECRET', 'acme-points', 'XQZ', 'eur', 'A|B', 'EUR2'];
    countTransfers(
      names.map((asset) => transfer([[asset, '9']])),
      registry,
    );
    expect(Object.fromEntries(registry.take('fleet'))).toEqual({ 'Transfers|other': 6 });
  });

  it('have no more labels than there are currencies', () => {
    const currencies = new Set(Intl.supportedValuesOf('currency'));
    expect(currencies.size).toBeLessThan(400);
    for (const code of ['EUR', 'USD', 'JPY', 'CHF'])
      expect(assetLabel(code, currencies)).toBe(code);
  });
});
