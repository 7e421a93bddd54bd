import { scaleLinear, scaleLog } from 'd3-scale';

/** A point; where y is null there was nothing to measure, and the line is broken. */
export type Point = readonly [x: number, y: number | null];

export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface Axis {
  readonly label: string;
  readonly kind: 'linear' | 'log';
  /** What is written at a tick. Default: the number. */
  readonly tick?: (value: number) => string;
  /** Where ticks are. Default: where they are round. */
  readonly ticks?: readonly number[];
}

export interface Plot {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly Line[];
}

const size = { width: 720, height: 360 } as const;
/** On the right there is room for the names of lines. */
const margin = { top: 36, right: 104, bottom: 44, left: 64 } as const;
/** Told apart by those who do not see all colours, too (Okabe and Ito). */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00'] as const;
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (one) => entities[one] ?? one);
const places = (value: number): string => value.toFixed(1);

const shown = (value: number): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: 3 });

/** Numbers on the line from which the axis is drawn: to its ends, or, where `nice`, to round numbers beyond. */
const scaleOf = (
  { kind }: Axis,
  values: readonly number[],
  range: readonly [number, number],
  nice: boolean,
) => {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (kind === 'log' && !(least > 0)) throw new RangeError('a logarithmic axis has no zero');
  const scale =
    kind === 'log'
      ? scaleLog().domain([least, least === most ? 10 * least : most])
      : scaleLinear().domain([0, most > 0 ? most : 1]);
  scale.range(range);
  return nice ? scale.nice() : scale;
};

type Scale = ReturnType<typeof scaleOf>;

/** A logarithmic scale proposes all nine of a decade; three are enough to read it by. */
const isRound = (value: number): boolean =>
  ['1', '2', '5'].includes(value.toExponential(3).replace(/\.?0*e.*/, ''));

const ticksOf = ({ kind, ticks }: Axis, scale: Scale): readonly number[] => {
  if (ticks !== undefined) return ticks;
  const proposed = scale.ticks(6);
  return kind === 'linear' ? proposed : proposed.filter(isRound);
};

const text = (x: number, y: number, what: string, more = ''): string =>
  `<text x="${places(x)}" y="${places(y)}" ${more}>${escaped(what)}</text>`;

const pathOf = (points: readonly Point[], x: Scale, y: Scale): string => {
  let isDown = false;
  return points
    .map(([atX, atY]) => {
      if (atY === null) {
        isDown = false;
        return '';
      }
      const command = isDown ? 'L' : 'M';
      isDown = true;
      return `${command}${places(x(atX))} ${places(y(atY))}`;
    })
    .join('');
};

/** Lines over two axes, as a picture that stands for itself. */
export const svgPlot = ({ title, x, y, lines }: Plot): string => {
  const all = lines.flatMap(({ points }) => points).filter(([, atY]) => atY !== null);
  if (all.length === 0) throw new RangeError(`nothing to plot: ${title}`);
  const right = size.width - margin.right;
  const bottom = size.height - margin.bottom;
  const scaleX = scaleOf(
    x,
    all.map(([atX]) => atX),
    [margin.left, right],
    false,
  );
  const scaleY = scaleOf(
    y,
    all.map(([, atY]) => Number(atY)),
    [bottom, margin.top],
    true,
  );
  const tickX = x.tick ?? shown;
  const tickY = y.tick ?? shown;
  const grid = (d: string) => `<path class="grid" d="${d}"/>`;
  const parts = [
    ...ticksOf(x, scaleX).flatMap((value) => {
      const at = places(scaleX(value));
      return [
        grid(`M${at} ${margin.top}V${bottom}`),
        text(scaleX(value), bottom + 16, tickX(value), 'text-anchor="middle"'),
      ];
    }),
    ...ticksOf(y, scaleY).flatMap((value) => {
      const at = places(scaleY(value));
      return [
        grid(`M${margin.left} ${at}H${right}`),
        text(margin.left - 6, scaleY(value) + 4, tickY(value), 'text-anchor="end"'),
      ];
    }),
    ...lines.flatMap(({ name, points }, i) => {
      const colour = colours[i % colours.length] ?? colours[0];
      return [
        `<path class="line" stroke="${colour}" d="${pathOf(points, scaleX, scaleY)}"/>`,
        text(right + 10, margin.top + 12 + 16 * i, name, `fill="${colour}"`),
      ];
    }),
    text(margin.left, 20, title, 'font-weight="bold"'),
    text((margin.left + right) / 2, size.height - 8, x.label, 'text-anchor="middle"'),
    text(
      0,
      0,
      y.label,
      `text-anchor="middle" transform="translate(14 ${(margin.top + bottom) / 2}) rotate(-90)"`,
    ),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" role="img">
<title>${escaped(title)}</title>
<style>text{font:12px sans-serif}.grid{stroke:#ddd}.line{fill:none;stroke-width:1.5}</style>
<rect width="100%" height="100%" fill="#fff"/>
${parts.join('\n')}
</svg>
`;
};
