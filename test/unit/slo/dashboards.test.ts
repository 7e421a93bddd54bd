import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MetricCatalogue, metricCatalogue } from '@atlas/domain';
import { describe, expect, it } from 'vitest';
import { consumers, topics } from '../../../functions/manifest.ts';
import { dashboardsOf } from '../../../lib/dashboards/all.ts';
import type { Panel } from '../../../lib/dashboards/dashboard.ts';
import { grafanaDashboard } from '../../../lib/dashboards/grafana.ts';
import { overview } from '../../../lib/dashboards/overview.ts';
import { objectivesOf } from '../../../lib/slo/objectives.ts';
import { readSlo } from '../../../lib/slo/slo-file.ts';
import { readStage } from '../../../lib/stage.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const slo = readSlo();
const objectives = objectivesOf(slo);
const dashboards = dashboardsOf(readStage('prod'), slo, objectives);
const panelsOf = (name: string): readonly Panel[] =>
  dashboards.find((one) => one.name === name)?.rows.flat() ?? [];

describe('dashboards', () => {
  it('are an overview, service levels, services, database, Kafka and dependencies', () => {
    const names = dashboards.map(({ name }) => name);
    expect(names).toEqual([
      ...['atlas', 'slo', 'api', 'background', 'database', 'kafka', 'dependencies'],
    ]);
  });

  it('show the requests, failures and durations of every function', () => {
    const titles = [...panelsOf('api'), ...panelsOf('background')].map(({ title }) => title);
    for (const { name } of objectives) {
      expect(titles.filter((title) => title.startsWith(`${name}: `))).toHaveLength(2);
    }
  });

  it('show what is left of every error budget, over its whole window, and the policy', () => {
    const numbers = panelsOf('slo').flatMap((panel) => (panel.kind === 'number' ? [panel] : []));
    expect(numbers.map(({ days }) => days)).toEqual([30, 30, 30]);
    const shown = numbers.flatMap(({ values }) => values.map(({ label }) => label));
    expect(shown).toHaveLength(objectives.length);
    expect(new Set(shown)).toEqual(new Set(objectives.map(({ name }) => name)));
    const [policy] = panelsOf('slo');
    for (const { rule } of slo.policy) expect(JSON.stringify(policy)).toContain(rule);
  });

  it('show each metric that names a panel, and a new one with a row of the catalogue', () => {
    const shownIn = (panels: readonly Panel[]) => JSON.stringify(panels);
    for (const [metric, { panel }] of Object.entries(metricCatalogue)) {
      for (const name of panel?.by ?? []) {
        expect(shownIn(panelsOf('atlas'))).toContain(
          `"metricName":"${metric}","dimensions":{"service":"atlas","function":"${name}"}`,
        );
      }
    }
    const catalogue: MetricCatalogue = {
      ...metricCatalogue,
      Planted: {
        kind: 'gauge',
        unit: 'milliseconds',
        labels: ['function'],
        help: 'Something new.',
        panel: { title: 'Planted', by: ['expire-holds'] },
      },
    };
    const planted = overview(readStage('prod'), objectives, catalogue).rows.flat();
    expect(planted.find(({ title }) => title === 'Planted')).toMatchObject({
      left: [],
      right: [{ metricName: 'Planted', dimensions: { function: 'expire-holds' } }],
    });
    expect(planted).toHaveLength(panelsOf('atlas').length + 1);
  });

  it('show every guard that a dependency has', () => {
    const guards = readFileSync(join(root, 'functions', 'services', 'guards.ts'), 'utf8');
    const kinds = [...(/^type Kind =([^;]*);/m.exec(guards)?.[1] ?? '').matchAll(/'([\w-]+)'/g)];
    expect(kinds.length).toBeGreaterThan(5);
    const shown = JSON.stringify(panelsOf('dependencies'));
    for (const [, kind] of kinds) expect(shown).toMatch(new RegExp(`"dependency":"${kind}(-0)?"`));
  });

  it('show every topic and every consumer', () => {
    const text = JSON.stringify(panelsOf('kafka'));
    for (const { name } of topics) expect(text).toContain(`"Topic":"${name}"`);
    for (const { group } of consumers) expect(text).toContain(`"Consumer Group":"${group}"`);
  });
});

describe.each(dashboards.map((one) => [one.name, one] as const))(
  'for Grafana, %s',
  (_name, one) => {
    const { panels } = grafanaDashboard(one);

    it('has the panels of CloudWatch, none over another', () => {
      expect(panels.map(({ title }) => title)).toEqual(one.rows.flat().map(({ title }) => title));
      const places = panels.map(({ gridPos }) => `${gridPos.x}/${gridPos.y}`);
      expect(new Set(places).size).toBe(panels.length);
    });

    it('asks for everything that its expressions are made of, by ids that differ', () => {
      for (const panel of panels) {
        if (!('targets' in panel)) continue;
        const ids = panel.targets.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        for (const { expression } of panel.targets) {
          const used = String(expression).match(/\b[a-z]\w*\b/g) ?? [];
          for (const id of used) expect(ids).toContain(id);
        }
      }
    });
  },
);
