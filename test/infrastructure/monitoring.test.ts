import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  grafanaOverPrometheus,
  type PromDashboard,
  promOperations,
  promServiceLevels,
} from '../../lib/dashboards/grafana-prometheus.ts';
import { objectivesOf } from '../../lib/slo/objectives.ts';
import { prometheusRules } from '../../lib/slo/prometheus-rules.ts';
import { readSlo } from '../../lib/slo/slo-file.ts';
import { monitoringFiles } from '../../localstack/monitoring/monitoring-files.ts';
import { writeFiles } from '../../localstack/monitoring/write-files.ts';
import { installPromtool } from '../../localstack/toolchain/install.ts';
import { checkConfig, checkRules } from '../support/promtool.ts';

const slo = readSlo();
const objectives = objectivesOf(slo);
const dashboards = [promServiceLevels(slo, objectives), promOperations()];
const folder = mkdtempSync(join(tmpdir(), 'atlas-monitoring-'));
const apiUrl = new URL('http://localstack:4566/restapis/abc/local/_user_request_');
const files = monitoringFiles({ apiUrl, token: 'a-token', slo, objectives });

beforeAll(async () => {
  await installPromtool();
  await writeFiles(folder, files);
});
afterAll(() => rmSync(folder, { recursive: true }));

const queriesOf = ({ rows }: PromDashboard): readonly string[] =>
  rows.flat().flatMap(({ queries }) => queries.map(({ expr }) => expr));

/** Each as a rule of its own, since promtool reads rules and not dashboards. */
const asRules = (queries: readonly string[]) => ({
  groups: [
    {
      name: 'panels',
      interval: '30s',
      rules: queries.map((expr, i) => ({ record: `atlas:panel:of${i}`, expr })),
    },
  ],
});

describe('Prometheus', () => {
  it('takes its configuration, with the rules and the token beside it', () => {
    const { passed, output } = checkConfig(join(folder, 'prometheus', 'prometheus.yaml'));
    expect({ passed, output }).toMatchObject({ passed: true });
    const rules = prometheusRules(slo, objectives).groups.flatMap((group) => group.rules);
    expect(output).toContain(`${rules.length} rules found`);
  });

  it('would refuse a configuration without the token', () => {
    rmSync(join(folder, 'prometheus', 'token'));
    const { passed } = checkConfig(join(folder, 'prometheus', 'prometheus.yaml'));
    expect(passed).toBe(false);
  });

  it('asks the API by the way that containers see', () => {
    expect(files['prometheus/prometheus.yaml']).toMatchObject({
      scrape_configs: [
        {
          scheme: 'http',
          metrics_path: '/restapis/abc/local/_user_request_/v1/ops/metrics',
          static_configs: [{ targets: ['localstack:4566'] }],
        },
      ],
    });
  });

  it('keeps its token from others on this machine', () => {
    expect(statSync(folder).mode & 0o077).toBe(0);
  });
});

describe.each(dashboards.map((one) => [one.name, one] as const))(
  'the dashboard %s over Prometheus',
  (_name, dashboard) => {
    it('asks in queries that Prometheus understands', () => {
      const { passed, output } = checkRules(asRules(queriesOf(dashboard)));
      expect({ passed, output }).toMatchObject({ passed: true });
    });

    it('has no panel over another, and everything from the data source that is provisioned', () => {
      const { panels } = grafanaOverPrometheus(dashboard);
      const places = panels.map(({ gridPos }) => `${gridPos.x}/${gridPos.y}`);
      expect(new Set(places).size).toBe(panels.length);
      const { datasources } = files['grafana/datasources/atlas.yaml'] as {
        datasources: { uid: string }[];
      };
      for (const { targets } of panels) {
        for (const { datasource } of targets) expect(datasource.uid).toBe(datasources[0]?.uid);
      }
    });
  },
);

describe('a query that is none', () => {
  it('is found', () => {
    expect(checkRules(asRules(['sum by (function (atlas_requests_total)'])).passed).toBe(false);
  });
});

describe('without docker', () => {
  it.each(['prometheus', 'grafana'])(
    'make %s says what is missing, and what there is instead',
    (name) => {
      const program = join(import.meta.dirname, '..', '..', 'localstack', 'main.ts');
      const { status, stderr } = spawnSync(process.execPath, [program, name], {
        encoding: 'utf8',
        env: { PATH: '/nowhere' },
      });
      expect(status).toBe(1);
      expect(stderr).toContain(`make ${name} needs docker compose, which is missing.`);
      expect(stderr).toContain('http://127.0.0.1:4580');
    },
  );
});
