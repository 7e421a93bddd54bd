import { SyntaxValidator } from 'fast-xml-validator';
import { describe, expect, it } from 'vitest';
import { type Plot, svgPlot } from '../../../load/suite/svg-plot.ts';

const plot: Plot = {
  title: 'a & b <"served">',
  x: { label: 's', kind: 'linear' },
  y: { label: 'ms', kind: 'log' },
  lines: [
    {
      name: 'p50 & p99',
      points: [
        [0, 1],
        [1, 10],
        [2, null],
        [3, 1_000],
        [4, 2],
      ],
    },
    {
      name: 'flat',
      points: [
        [0, 5],
        [4, 5],
      ],
    },
  ],
};

const validate = (svg: string): unknown => SyntaxValidator.validate(svg);

describe('a plot', () => {
  it('is well-formed, whatever its lines are called', () => {
    const svg = svgPlot(plot);
    expect(validate(svg)).toBe(true);
    expect(svg).toContain('a &amp; b &lt;&quot;served&quot;&gt;');
    expect(() => validate(svg.replace('&amp;', '<'))).toThrow('Invalid');
  });

  it('breaks a line where nothing was measured', () => {
    const paths = [...svgPlot(plot).matchAll(/class="line"[^>]* d="([^"]*)"/g)].map(([, d]) => d);
    expect(paths.map((d) => d?.replaceAll(/[^ML]/g, ''))).toEqual(['MLML', 'ML']);
  });

  it('puts greater values higher, and has no coordinate that is no number', () => {
    const svg = svgPlot({
      ...plot,
      lines: [
        {
          name: 'up',
          points: [
            [0, 1],
            [1, 100],
          ],
        },
      ],
    });
    const [, from = '', to = ''] = /d="M[\d.]+ ([\d.]+)L[\d.]+ ([\d.]+)"/.exec(svg) ?? [];
    expect(Number(from)).toBeGreaterThan(Number(to));
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('is not made of nothing, nor of a zero on a logarithmic axis', () => {
    expect(() => svgPlot({ ...plot, lines: [] })).toThrow(RangeError);
    expect(() =>
      svgPlot({
        ...plot,
        lines: [
          {
            name: 'zero',
            points: [
              [0, 0],
              [1, 1],
            ],
          },
        ],
      }),
    ).toThrow(RangeError);
  });
});
