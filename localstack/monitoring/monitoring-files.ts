import {
  grafanaOverPrometheus,
  prometheusDatasource,
  promOperations,
  promServiceLevels,
} from '../../lib/dashboards/grafana-prometheus.ts';
import type { Objective } from '../../lib/slo/objectives.ts';
import { prometheusRules } from '../../lib/slo/prometheus-rules.ts';
import type { SloFile } from '../../lib/slo/slo-file.ts';

/** What the two containers are told. */
export interface MonitoringSettings {
  /** Of the API, as the containers see it. */
  readonly apiUrl: URL;
  /** May read the metrics. */
  readonly token: string;
  readonly slo: SloFile;
  readonly objectives: readonly Objective[];
}

const metricsPath = '/v1/ops/metrics';

/** Paths are relative to the file itself. */
const prometheusConfig = ({ protocol, host, pathname }: URL) => ({
  global: { scrape_interval: '15s', evaluation_interval: '30s' },
  rule_files: ['rules.yaml'],
  scrape_configs: [
    {
      job_name: 'atlas',
      scheme: protocol.replace(':', ''),
      metrics_path: `${pathname.replace(/\/$/, '')}${metricsPath}`,
      scrape_timeout: '10s',
      authorization: { type: 'Bearer', credentials_file: 'token' },
      static_configs: [{ targets: [host] }],
    },
  ],
});

const datasources = {
  apiVersion: 1,
  datasources: [
    {
      name: 'Prometheus',
      ...prometheusDatasource,
      access: 'proxy',
      url: 'http://prometheus:9090',
      isDefault: true,
      editable: false,
    },
  ],
};

const providers = {
  apiVersion: 1,
  providers: [
    { name: 'atlas', type: 'file', options: { path: '/etc/grafana/provisioning/dashboards' } },
  ],
};

/** Every file by its path below the folder of the monitoring; objects are written as YAML or JSON. */
export const monitoringFiles = ({
  apiUrl,
  token,
  slo,
  objectives,
}: MonitoringSettings): Readonly<Record<string, object | string>> => {
  const dashboards = [promServiceLevels(slo, objectives), promOperations()];
  return {
    'prometheus/prometheus.yaml': prometheusConfig(apiUrl),
    'prometheus/rules.yaml': prometheusRules(slo, objectives),
    'prometheus/token': token,
    'grafana/datasources/atlas.yaml': datasources,
    'grafana/dashboards/atlas.yaml': providers,
    ...Object.fromEntries(
      dashboards.map((one) => [`grafana/dashboards/${one.name}.json`, grafanaOverPrometheus(one)]),
    ),
  };
};
