import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMetrics } from '../../../localstack/dashboard/parse-metrics.ts';

const text = `# HELP atlas_requests_total Requests,\\nby function.
# TYPE atlas_requests_total counter
atlas_requests_total{function="post-transfer"} 12
# a remark
# TYPE atlas_duration_milliseconds histogram
atlas_duration_milliseconds_bucket{function="a",le="5"} 1
atlas_duration_milliseconds_bucket{function="a",le="+Inf"} 2
atlas_duration_milliseconds_sum{function="a"} 7.5
atlas_duration_milliseconds_count{function="a"} 2

atlas_up 1 1764183600000
`;

describe('the text format', () => {
  it('is read as families: type, help, and what belongs to a histogram', () => {
    const [requests, durations, up, ...rest] = parseMetrics(text);
    expect(requests).toEqual({
      name: 'atlas_requests_total',
      type: 'counter',
      help: 'Requests,\nby function.',
      samples: [{ name: 'atlas_requests_total', labels: { function: 'post-transfer' }, value: 12 }],
    });
    expect(durations?.type).toBe('histogram');
    expect(durations?.samples.map(({ name, labels, value }) => [name, labels.le, value])).toEqual([
      ['atlas_duration_milliseconds_bucket', '5', 1],
      ['atlas_duration_milliseconds_bucket', '+Inf', 2],
      ['atlas_duration_milliseconds_sum', undefined, 7.5],
      ['atlas_duration_milliseconds_count', undefined, 2],
    ]);
    expect(up).toMatchObject({ name: 'atlas_up', type: 'untyped' });
    expect(rest).toEqual([]);
  });

  it.each([
    ['atlas_requests_total{function="a" 1', 'line 1'],
    ['atlas_up 1\natlas_up many', 'line 2 of the metrics: many is no number'],
    ['atlas_up{function=a} 1', 'no labels'],
    ['{"error":"not for you"}', 'it is no sample'],
    ['# TYPE atlas_up odometer', 'odometer is no type'],
  ])('that it is not is said, with the line: %s', (wrong, why) => {
    expect(() => parseMetrics(wrong)).toThrow(why);
  });

  it('gives labels and values back, whatever they are', () => {
    const escaped = (value: string) =>
      value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
    const value = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer());
    // A carriage return ends no line in this format, and trimming takes it from the end of one only.
    const label = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(label, label, value, (first, second, expected) => {
        const line = `atlas_x{one="${escaped(first)}",two="${escaped(second)}"} ${expected}`;
        expect(parseMetrics(line)[0]?.samples).toEqual([
          { name: 'atlas_x', labels: { one: first, two: second }, value: Number(`${expected}`) },
        ]);
      }),
    );
  });

  it('knows infinity, and what is no number', () => {
    const [family] = parseMetrics('a_gauge 1\na_gauge{x="1"} +Inf\na_gauge{x="2"} NaN');
    expect(family?.samples.map((one) => one.value)).toEqual([
      1,
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ]);
  });
});
