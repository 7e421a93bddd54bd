import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endpoints } from '../../functions/manifest.ts';
import { atlasFolder } from '../../localstack/paths.ts';
import {
  type CrashReport,
  crashEverywhere,
  crashFindings,
  crashReportInMarkdown,
  requestName,
} from './framework/crash-points.ts';
import { type CrashWorld, startCrashWorld } from './framework/crash-world.ts';
import { writeRequests } from './framework/write-requests.ts';

const named = writeRequests.map((request) => ({ name: requestName(request), request }));
let world: CrashWorld;
const reports: CrashReport[] = [];

beforeAll(async () => {
  world = await startCrashWorld();
});
afterAll(() => world?.close());

describe('a request whose process dies', () => {
  it('is tested for every endpoint that has keys', () => {
    const withKeys = endpoints.filter(({ idempotency }) => idempotency !== 'none');
    expect(new Set(writeRequests.map(({ endpoint }) => endpoint))).toEqual(
      new Set(withKeys.map(({ name }) => name)),
    );
  });

  it.each(named)('before or after any call has one effect: $name', async ({ request }) => {
    const report = await crashEverywhere(world, request);
    reports.push(report);
    mkdirSync(join(atlasFolder, 'chaos'), { recursive: true });
    writeFileSync(join(atlasFolder, 'chaos', 'crash-points.md'), crashReportInMarkdown(reports));

    expect(report.status).toBeLessThan(300);
    expect(report.results.length).toBeGreaterThan(0);
    expect(crashFindings(report)).toEqual([]);
  });
});
