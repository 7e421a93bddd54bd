import { describe, expect, it } from 'vitest';
import type { MetricFamily } from '../../../localstack/dashboard/parse-metrics.ts';
import { sampleRing } from '../../../localstack/dashboard/sample-ring.ts';

const gauge = (values: Readonly<Record<string, number>>): readonly MetricFamily[] => [
  {
    name: 'g',
    type: 'gauge',
    help: '',
    samples: Object.entries(values).map(([x, value]) => ({ name: 'g', labels: { x }, value })),
  },
];
const none = Number.NaN;

describe('the ring of samples', () => {
  it('keeps the newest answers, and forgets a series with its last value', () => {
    const ring = sampleRing({ answers: 3, series: 10 });
    ring.add(1, gauge({ a: 1, b: 1 }));
    ring.add(2, gauge({ a: 2 }));
    ring.add(3, gauge({ a: 3 }));
    expect(ring.families()[0]?.series.map(({ values }) => values)).toEqual([
      [1, 2, 3],
      [1, none, none],
    ]);
    ring.add(4, gauge({ a: 4 }));
    expect(ring.times).toEqual([2, 3, 4]);
    expect(ring.families()[0]?.series.map(({ values }) => values)).toEqual([[2, 3, 4]]);
  });

  it('keeps places in step: an answer that was missed, a series that came later', () => {
    const ring = sampleRing({ answers: 10, series: 10 });
    ring.add(1, gauge({ a: 1 }));
    ring.add(2);
    ring.add(3, gauge({ a: 3, b: 3 }));
    expect(ring.answered).toEqual([true, false, true]);
    expect(ring.families()[0]?.series.map(({ values }) => values)).toEqual([
      [1, none, 3],
      [none, none, 3],
    ]);
  });

  it('keeps no more series than it may, and counts the others', () => {
    const ring = sampleRing({ answers: 10, series: 2 });
    ring.add(1, gauge({ a: 1, b: 1, c: 1, d: 1 }));
    expect(ring.dropped).toBe(2);
    ring.add(2, gauge({ a: 2, b: 2 }));
    expect(ring.dropped).toBe(0);
    expect(ring.families().flatMap(({ series }) => series)).toHaveLength(2);
  });

  it('takes the same labels in another order for the same series', () => {
    const ring = sampleRing({ answers: 10, series: 10 });
    const sample = (labels: Record<string, string>): readonly MetricFamily[] => [
      { name: 'g', type: 'gauge', help: '', samples: [{ name: 'g', labels, value: 1 }] },
    ];
    ring.add(1, sample({ x: '1', y: '2' }));
    ring.add(2, sample({ y: '2', x: '1' }));
    expect(ring.families()[0]?.series).toHaveLength(1);
  });
});
