import { existsSync, readFileSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DashboardSettings, settingsFile } from './dashboard/settings.ts';
import { profileFolder } from './paths.ts';
import {
  type ProcessRecord,
  recordOf,
  startProcess,
  stopProcess,
  untilReady,
} from './process-record.ts';

/** Starts the process that serves the dashboard, unless it runs and looks at the same API. */
export const startDashboard = async (settings: DashboardSettings): Promise<ProcessRecord> => {
  const { profile } = settings;
  const wanted = JSON.stringify(settings);
  const running = recordOf(profile, 'dashboard');
  if (running !== undefined) {
    const known = await readFile(settingsFile(profile), 'utf8').catch(() => '');
    if (known === wanted) return running;
    await stopProcess(profile, running);
  }
  await writeFile(settingsFile(profile), wanted);
  const log = join(profileFolder(profile), 'logs', 'dashboard.log');
  // Logs are kept between starts, and an earlier process was ready, too.
  const from = existsSync(log) ? statSync(log).size : 0;
  const program = join(import.meta.dirname, 'dashboard', 'main.ts');
  const record = await startProcess({
    profile,
    name: 'dashboard',
    command: [process.execPath, program, settingsFile(profile)],
    environment: { PATH: process.env.PATH ?? '' },
  });
  await untilReady(record, async () =>
    readFileSync(log).subarray(from).toString().includes('"ready"'),
  );
  return record;
};
