import { useEffect, useRef, useState } from 'preact/hooks';
import UPlot from 'uplot';
import type { PanelState } from '../dashboard-state.ts';
import { clock, number } from './format.ts';

const height = 170;
const dark = window.matchMedia('(prefers-color-scheme: dark)');

/** Lines differ in their dashes, too. */
const dashes: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

const useDark = (): boolean => {
  const [isDark, setDark] = useState(dark.matches);
  useEffect(() => {
    const hear = (): void => setDark(dark.matches);
    dark.addEventListener('change', hear);
    return () => dark.removeEventListener('change', hear);
  }, []);
  return isDark;
};

const optionsOf = (panel: PanelState, width: number, element: HTMLElement): UPlot.Options => {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis = { stroke: colour('--text'), grid: { stroke: colour('--line'), width: 1 } };
  return {
    width,
    height,
    cursor: { y: false },
    legend: { show: false },
    scales: { y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.1 : 1] } },
    axes: [
      { ...axis, space: 70, values: (_plot, ticks) => ticks.map((tick) => clock(tick * 1_000)) },
      { ...axis, size: 58, values: (_plot, ticks) => ticks.map((tick) => number(tick)) },
    ],
    series: [
      {},
      ...panel.series.map(({ label }, i) => ({
        label,
        stroke: colour(`--series-${i}`),
        width: 2,
        dash: [...(dashes[i % dashes.length] ?? [])],
        // A single value is no line.
        points: { show: isPoint(panel) },
      })),
    ],
  };
};

const isPoint = ({ series }: PanelState): boolean =>
  series.every(({ values }) => values.filter((value) => value !== null).length < 2);

const latestOf = (values: readonly (number | null)[]): number | null => values.at(-1) ?? null;

interface ChartProps {
  readonly times: readonly number[];
  readonly panel: PanelState;
}

/** One panel: the lines for who sees them, and the latest values as text for everybody. */
export const Chart = ({ times, panel }: ChartProps) => {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | undefined>(undefined);
  const isDark = useDark();
  const labels = panel.series.map(({ label }) => label).join('\n');
  const data = [times, ...panel.series.map(({ values }) => values)] as unknown as UPlot.AlignedData;

  // A plot is made anew for other lines or colours only; new values are set below.
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const made = new UPlot(optionsOf(panel, element.clientWidth, element), data, element);
    plot.current = made;
    const watcher = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      made.destroy();
    };
  }, [labels, isDark, isPoint(panel)]);

  useEffect(() => {
    plot.current?.setData(data);
  });

  return (
    <figure data-panel={panel.id}>
      <figcaption>
        {panel.title}
        {panel.unit === '' ? '' : `, ${panel.unit}`}
      </figcaption>
      <div ref={place} class="plot" aria-hidden="true" />
      <ul class="legend">
        {panel.series.map(({ label, values }, i) => (
          <li key={label}>
            <svg width="24" height="8" aria-hidden="true">
              <line
                x1="0"
                y1="4"
                x2="24"
                y2="4"
                class={`series-${i}`}
                stroke-dasharray={(dashes[i % dashes.length] ?? []).join(' ')}
              />
            </svg>{' '}
            {label}: {number(latestOf(values))}
          </li>
        ))}
        {panel.hidden === 0 ? null : <li>and {panel.hidden} more</li>}
      </ul>
    </figure>
  );
};
