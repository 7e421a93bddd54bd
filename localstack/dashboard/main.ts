/** The dashboard of this machine: `node localstack/dashboard/main.ts SETTINGS.json`. SIGTERM stops it. */
import { readFileSync } from 'node:fs';
import { objectivesOf } from '../../lib/slo/objectives.ts';
import { readSlo } from '../../lib/slo/slo-file.ts';
import { interruption } from '../interruption.ts';
import { issueToken } from '../issuer.ts';
import { localSecrets } from '../secrets.ts';
import { serveDashboard } from './serve-dashboard.ts';
import type { DashboardSettings } from './settings.ts';
import { httpSource } from './source.ts';
import { keepAsking, watchSource } from './watch-source.ts';

/** A percentile needs answers, and the emulator is not to be kept busy by being watched. */
const everyMs = 5_000;
/** A function that starts takes a second or two here. */
const timeoutMs = 10_000;
const tokenHours = 1;

const [, , file = ''] = process.argv;
const { profile, apiUrl, port } = JSON.parse(readFileSync(file, 'utf8')) as DashboardSettings;
const stop = interruption();

const { issuerKey } = await localSecrets(profile);
let token: { readonly text: string; readonly issuedAtMs: number } | undefined;
const currentToken = async (): Promise<string> => {
  const halfMs = (tokenHours * 3_600_000) / 2;
  if (token === undefined || Date.now() - token.issuedAtMs > halfMs) {
    const wishes = { tenant: 'operations', scope: 'ops:read', hours: tokenHours };
    token = { text: await issueToken(issuerKey, wishes), issuedAtMs: Date.now() };
  }
  return token.text;
};

const slo = readSlo();
const watch = watchSource(httpSource(apiUrl, currentToken, timeoutMs), {
  slo,
  objectives: objectivesOf(slo),
  everyMs,
});
const served = await serveDashboard(watch.state, port);
console.log(JSON.stringify({ at: new Date().toISOString(), message: 'ready', url: served.url }));
await keepAsking(watch, everyMs, stop);
await served.close();
