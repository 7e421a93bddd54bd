import { spawnSync } from 'node:child_process';
import { objectivesOf } from '../../lib/slo/objectives.ts';
import { readSlo } from '../../lib/slo/slo-file.ts';
import { issueToken } from '../issuer.ts';
import { readOutputs } from '../outputs.ts';
import { compose, composeEnvironment } from '../parts.ts';
import { monitoringFolder, outputsFile } from '../paths.ts';
import type { Ports } from '../ports.ts';
import { localSecrets } from '../secrets.ts';
import { Trouble } from '../trouble.ts';
import { monitoringFiles } from './monitoring-files.ts';
import { writeFiles } from './write-files.ts';

export type MonitoringService = 'prometheus' | 'grafana';

/** Prometheus reads the file once and keeps it for as long as it runs. */
const tokenHours = 24 * 30;

const demandDocker = (
  service: MonitoringService,
  isDocker: boolean,
  dashboardPort: number,
): void => {
  const instead = `Without it, make up serves a dashboard by itself: http://127.0.0.1:${dashboardPort}`;
  if (spawnSync('docker', ['compose', 'version']).status !== 0) {
    throw new Trouble(`make ${service} needs docker compose, which is missing. ${instead}`);
  }
  if (isDocker) return;
  const how = `ATLAS_LOCAL=docker make up, and then ATLAS_LOCAL=docker make ${service}`;
  throw new Trouble(`make ${service} belongs to the Docker profile: ${how}. ${instead}`);
};

/** Starts Prometheus, or Grafana and Prometheus, beside the containers of the Docker profile. */
export const startMonitoring = async (
  service: MonitoringService,
  { profile, ports, isDocker }: { profile: string; ports: Ports; isDocker: boolean },
): Promise<string> => {
  demandDocker(service, isDocker, ports.dashboard);
  const outputs = await readOutputs(outputsFile);
  const secrets = await localSecrets(profile);
  const { pathname } = new URL(outputs.apiUrl);
  const wishes = { tenant: 'operations', scope: 'ops:read', hours: tokenHours };
  const slo = readSlo();
  await writeFiles(
    monitoringFolder,
    monitoringFiles({
      apiUrl: new URL(pathname, 'http://localstack:4566'),
      token: await issueToken(secrets.issuerKey, wishes),
      slo,
      objectives: objectivesOf(slo),
    }),
  );
  // Anew, since the files are others now.
  const command = ['up', '-d', '--wait', '--no-deps', '--force-recreate'];
  const services = service === 'grafana' ? ['prometheus', 'grafana'] : ['prometheus'];
  await compose([...command, ...services], composeEnvironment(ports, secrets));
  return `http://127.0.0.1:${ports[service]}`;
};
