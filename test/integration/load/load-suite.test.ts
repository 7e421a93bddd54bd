import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../chaos/framework/seeded-random.ts';
import { poissonArrivals } from '../../load/suite/arrivals.ts';
import { quickPace } from '../../load/suite/pace.ts';
import type { RunResult } from '../../load/suite/recorder.ts';
import { writeReport } from '../../load/suite/report.ts';
import type { Route } from '../../load/suite/routes.ts';
import { runLoad } from '../../load/suite/run-load.ts';
import { scenarios } from '../../load/suite/scenarios.ts';
import { type LoadWorld, type Subject, startWorld } from '../../load/suite/world.ts';

let folder: string;
let world: LoadWorld;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'atlas-load-'));
  world = await startWorld(folder);
});
afterAll(async () => {
  await world?.close();
  rmSync(folder, { recursive: true, force: true });
});

const allOf = ({ counts: { served, shed, failed, lost } }: RunResult): number =>
  served + shed + failed + lost;

const rowsOf = async (table: string): Promise<number> => {
  const { rows } = await world.database.admin.query(`SELECT count(*)::int AS n FROM ${table}`);
  return rows[0].n;
};

describe('the front and the generator', () => {
  let subject: Subject;
  beforeAll(async () => {
    subject = await world.start({ environments: { 'post-transfer': 1, 'read-balance': 1 } });
  });
  afterAll(() => subject?.close());

  /** One client: nothing waits, and each run has a request, however slow the machine is. */
  const alone = { kind: 'closed', clients: 1, durationMs: 200 } as const;
  const ask = (route: Route) =>
    subject.generator.run({ seed: 1, mix: { [route]: 100 }, load: alone });

  it('bring requests to the functions, and answers back', async () => {
    const posted = await ask('post-transfer');
    expect(posted.statuses).toEqual({ 201: allOf(posted) });
    expect(await rowsOf('ledger.transfer')).toBe(allOf(posted));
    expect(await subject.front.durationsMs()).toHaveLength(allOf(posted));
    expect(subject.front.residentBytes()).toBeGreaterThan(10_000_000);
    const read = await ask('read-eventual-balance');
    expect(read.statuses).toEqual({ 200: allOf(read) });
    expect(world.viewReads()).toBeGreaterThanOrEqual(allOf(read));
  });

  it('refuse what is too much before any function sees it', async () => {
    await subject.front.durationsMs();
    const before = await rowsOf('ledger.transfer');
    await subject.front.limit(0);
    const run = await ask('post-transfer');
    await subject.front.limit(null);
    expect(run.statuses).toEqual({ 429: allOf(run) });
    expect(await subject.front.durationsMs()).toEqual([]);
    expect(await rowsOf('ledger.transfer')).toBe(before);
  });

  it('say when a request was taken, so that functions shed what is too old', async () => {
    await subject.front.pretendAge(30_000);
    const run = await ask('post-transfer');
    await subject.front.pretendAge(0);
    expect(run.statuses).toEqual({ 503: allOf(run) });
    expect(await subject.front.durationsMs()).toHaveLength(allOf(run));
  });
});

it('runs scenarios, accounts for every request, and reports', async () => {
  const pace = { ...quickPace, overload: { rounds: 1, roundMs: 2_000 } };
  const wanted = scenarios.filter(({ name }) => ['capacity', 'steady', 'overload'].includes(name));
  const said: string[] = [];
  const say = (line: string) => said.push(line);

  const results = await runLoad(world, wanted, { pace, seed: 5, say });
  await writeReport(folder, { ...results, quick: true, busyBefore: 0 });

  const figureOf = (scenario: string, figure: string): number => {
    const found = results.scenarios.find(({ name }) => name === scenario);
    return found?.figures.find(({ name }) => name === figure)?.value ?? 0;
  };
  const before = (scenario: string) => figureOf(scenario, 'C before the round in the middle');
  expect(figureOf('capacity', 'C')).toBeGreaterThan(0);
  const due = (perSecond: number, durationMs: number) =>
    [...poissonArrivals([{ perSecond, durationMs }], seededRandom(6))].length;
  const runOf = (name: string) => {
    const run = results.scenarios.find((one) => one.name === name)?.runs[name];
    if (run === undefined) throw new Error(`${name} has no run`);
    return run;
  };
  expect(allOf(runOf('steady'))).toBe(due(0.5 * before('steady'), pace.steady.roundMs));
  expect(allOf(runOf('overload'))).toBe(due(2 * before('overload'), pace.overload.roundMs));
  expect(said.filter((line) => /^ {2}(met|NOT MET) /.test(line))).toHaveLength(6);
  const page = readFileSync(join(folder, 'report.md'), 'utf8');
  for (const { name } of wanted) expect(page).toContain(`## ${name}`);
});
