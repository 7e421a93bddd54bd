import type { PanelState } from '../dashboard-state.ts';
import { Chart } from './chart.tsx';

/** Tiers first, in the order of slo.yaml, then what the sections are called. */
const bySection = (panels: readonly PanelState[]): readonly (readonly [string, PanelState[]])[] =>
  [...Map.groupBy(panels, ({ section }) => section)].sort(
    ([a], [b]) => Number(b.startsWith('Tier')) - Number(a.startsWith('Tier')),
  );

interface ChartsProps {
  readonly times: readonly number[];
  readonly panels: readonly PanelState[];
}

export const Charts = ({ times, panels }: ChartsProps) => (
  <section aria-labelledby="charts">
    <h2 id="charts">Over time</h2>
    {panels.length === 0 ? <p>No figures yet.</p> : null}
    {bySection(panels).map(([section, members]) => (
      <section key={section}>
        <h3 class="apart">{section}</h3>
        <div class="charts">
          {members.map((panel) => (
            <Chart key={panel.id} times={times} panel={panel} />
          ))}
        </div>
      </section>
    ))}
  </section>
);
