import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SyntaxValidator } from 'fast-xml-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Recorder } from '../../../load/suite/recorder.ts';
import { type LoadReport, writeReport } from '../../../load/suite/report.ts';
import { judged } from '../../../load/threshold.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'atlas-load-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (() => {
  const recorder = new Recorder();
  for (let i = 0; i < 5_000; i += 1) {
    const answer = { route: 'post-transfer', status: i % 3 === 0 ? 429 : 201 } as const;
    recorder.note({ dueMs: i, latencyMs: 1 + (i % 97), lateMs: 0, answer });
  }
  return recorder.result(5_000, 0);
})();

const report = (busyBefore: number): LoadReport => ({
  measuredAt: '2026-01-02T03:04:05.000Z',
  seed: 3,
  quick: false,
  busyBefore,
  machine: { cores: 2, processor: 'p', node: '24', postgres: '18' },
  scenarios: [
    {
      name: 'spike',
      claim: 'It is over soon.',
      tookSeconds: 12,
      thresholds: [
        judged({ name: 'kept', value: 3, direction: 'at most', limit: 10, unit: ' s' }),
        judged({ name: 'broken', value: Infinity, direction: 'at most', limit: 10, unit: ' s' }),
      ],
      figures: [{ name: 'shed', value: 1_234, unit: '' }],
      runs: { 'everything waits': run },
    },
  ],
});

const pageOf = async (busyBefore: number): Promise<string> => {
  await writeReport(folder, report(busyBefore));
  return readFileSync(join(folder, 'report.md'), 'utf8');
};

describe('a report', () => {
  it('says what was demanded, what was measured, and whether that is enough', async () => {
    const page = await pageOf(0);
    expect(page).toContain('| kept | 3 s | at most 10 s | met |');
    expect(page).toContain('| broken | none s | at most 10 s | **not met** |');
    expect(page).toContain('| shed | 1,234 |');
  });

  it('says when others were at work', async () => {
    expect(await pageOf(0.5)).toContain('Others were at work');
    expect(await pageOf(0.05)).not.toContain('Others were at work');
  });

  it('shows plots that are there, each well-formed', async () => {
    const page = await pageOf(0);
    const shown = [...page.matchAll(/\]\((plots\/[^)]+)\)/g)].map(([, file]) => String(file));
    expect(shown.map((file) => file.replace('plots/', '')).toSorted()).toEqual(
      readdirSync(join(folder, 'plots')).toSorted(),
    );
    expect(shown).toHaveLength(3);
    for (const file of shown) {
      expect(SyntaxValidator.validate(readFileSync(join(folder, file), 'utf8'))).toBe(true);
    }
  });

  it('can be read by programs', async () => {
    await writeReport(folder, report(0));
    const read = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'));
    expect(read.scenarios[0].thresholds[1]).toMatchObject({
      name: 'broken',
      value: null,
      met: false,
    });
  });
});
