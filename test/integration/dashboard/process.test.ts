import { rm } from 'node:fs/promises';
import getPort from 'get-port';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DashboardState } from '../../../localstack/dashboard/dashboard-state.ts';
import { jwksOf, localAudience, localIssuer } from '../../../localstack/issuer.ts';
import { profileFolder } from '../../../localstack/paths.ts';
import { stopPlatform } from '../../../localstack/platform.ts';
import { isAlive } from '../../../localstack/process-record.ts';
import { localSecrets } from '../../../localstack/secrets.ts';
import { startDashboard } from '../../../localstack/start-dashboard.ts';
import { type FakeOperations, fakeOperations } from '../../support/dashboard/fake-operations.ts';
import { pollUntil } from '../../support/poll.ts';

const profile = `test-dashboard-${process.pid}`;

let operations: FakeOperations;
let settings: { profile: string; apiUrl: string; port: number };

const stateOf = async (): Promise<DashboardState> =>
  (await fetch(`http://127.0.0.1:${settings.port}/api/state`)).json() as Promise<DashboardState>;

beforeAll(async () => {
  const { issuerKey } = await localSecrets(profile);
  const keys = createLocalJWKSet(JSON.parse(jwksOf(issuerKey)));
  operations = await fakeOperations(async (token) => {
    const { payload } = await jwtVerify(token, keys, {
      issuer: localIssuer,
      audience: localAudience,
    });
    return payload.scope === 'ops:read';
  });
  operations.figures.set('atlas_breaker_open', { dependency: 'kafka' }, 1);
  settings = { profile, apiUrl: operations.url, port: await getPort({ host: '127.0.0.1' }) };
});
afterAll(async () => {
  await stopPlatform(profile);
  await operations.close();
  await rm(profileFolder(profile), { recursive: true, force: true });
});

describe('the process that make up starts', () => {
  it('serves the page, and asks the API with a token that may read metrics and nothing else', async () => {
    await startDashboard(settings);
    const page = await fetch(`http://127.0.0.1:${settings.port}/`);
    expect(await page.text()).toContain('Atlas on this machine');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const { dependencies } = await pollUntil(
      stateOf,
      ({ source }) => source.status === 'answering',
      60_000,
    );
    expect(dependencies).toMatchObject([{ name: 'kafka', breaker: 'open' }]);
  });

  it('answers no page elsewhere that calls it by another name, and changes nothing for anybody', async () => {
    const { request } = await import('node:http');
    const statusOf = (options: object) =>
      new Promise<number | undefined>((resolve, reject) => {
        request({ host: '127.0.0.1', port: settings.port, path: '/api/state', ...options })
          .on('response', (response) => {
            response.resume();
            resolve(response.statusCode);
          })
          .on('error', reject)
          .end();
      });
    expect(await statusOf({ headers: { host: 'evil.example' } })).toBe(421);
    expect(await statusOf({ method: 'POST' })).toBe(405);
    expect(await statusOf({ path: '/../secrets.json' })).toBe(404);
    expect(await statusOf({})).toBe(200);
  });

  it('is started once, and anew when it is to look elsewhere', async () => {
    const first = await startDashboard(settings);
    expect((await startDashboard(settings)).pid).toBe(first.pid);
    const moved = await startDashboard({ ...settings, apiUrl: `${operations.url}/elsewhere` });
    expect(moved.pid).not.toBe(first.pid);
    expect(isAlive(first)).toBe(false);
    const { source } = await pollUntil(
      stateOf,
      (state) => state.source.status === 'silent',
      60_000,
    );
    expect(source.trouble).toBe('/v1/ops/metrics answered 404');
  });

  it('is stopped with the platform', async () => {
    expect(await stopPlatform(profile)).toBe(1);
    await expect(stateOf()).rejects.toThrow('fetch failed');
  });
});
