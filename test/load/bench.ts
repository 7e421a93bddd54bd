/** Measures Atlas beside yardsticks, in one run. `make bench`; what it means: docs/benchmarks.md. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { services } from '../../functions/manifest.ts';
import { testIssuer } from '../support/tokens.ts';
import { benchDatabase } from './bench-database.ts';
import { type BenchResults, thresholdsOf } from './bench-results.ts';
import { busyShare } from './busy-share.ts';
import {
  type ColdImport,
  coldImports,
  settingsOfAll,
  type TracerImport,
  tracerImports,
} from './cold-imports.ts';
import { compareHandler, type HandlerComparison } from './handler-rounds.ts';
import { functionEnvironment } from './handler-side.ts';
import { compareHistories, type HistoryComparison } from './history-rounds.ts';
import { compareIntake, type IntakeComparison } from './intake-rounds.ts';
import { markdownReport, withReport } from './markdown-report.ts';
import { compareSql, type SqlComparison } from './sql-rounds.ts';
import { type Storage, storagePerTransfer } from './storage.ts';
import { verdictLine } from './threshold.ts';

interface Wishes {
  readonly quick?: boolean;
  readonly assert?: boolean;
  readonly dry?: boolean;
}

const root = join(import.meta.dirname, '..', '..');

/** Rounds and their length: about fifteen minutes, or one. */
const full = {
  sql: { count: 5, durationMs: 3_000 },
  histories: { entries: [1_000, 1_000_000], rounds: 7 },
  storageMs: 10_000,
  handler: { count: 5, durationMs: 3_000, warmUpMs: 180_000 },
  environments: [1, 4, 16],
  imports: 11,
  functions: services.map(({ name }) => name),
} as const;
const quick = {
  sql: { count: 3, durationMs: 1_000 },
  histories: { entries: [1_000, 100_000], rounds: 3 },
  storageMs: 2_000,
  handler: { count: 3, durationMs: 1_500, warmUpMs: 5_000 },
  environments: [1, 16],
  imports: 3,
  functions: ['post-transfer'],
} as const;

const bench = async (wishes: Wishes): Promise<BenchResults> => {
  const plan = wishes.quick === true ? quick : full;
  const database = await benchDatabase();
  const busyBefore = await busyShare(3_000);
  const sql: SqlComparison[] = [];
  const handler: HandlerComparison[] = [];
  let histories: readonly HistoryComparison[] = [];
  let storage: Storage | undefined;
  let intake: IntakeComparison | undefined;
  let imports: ColdImport[] = [];
  let tracers: TracerImport[] = [];
  try {
    for (const shape of ['spread', 'hot'] as const) {
      sql.push(await compareSql(database, shape, plan.sql));
      console.log(`SQL, ${shape}: ${sql.at(-1)?.ratio.toFixed(2)} of the yardstick`);
    }
    storage = await storagePerTransfer(database, plan.storageMs);
    console.log(`storage: ${Math.round(storage.totalBytes)} bytes a transfer`);
    intake = await compareIntake(database, plan.sql);
    console.log(`intake: drained ${intake.drainedOverSingle.toFixed(2)} of single transfers`);
    histories = await compareHistories(database, plan.histories);
    for (const { question, ratio } of histories) {
      console.log(`${question}: ${ratio.toFixed(2)} times as long in a long history`);
    }
    await database.reset();
    for (const environments of plan.environments) {
      handler.push(await compareHandler(database, environments, plan.handler));
      console.log(`handler, ${environments}: ${handler.at(-1)?.ratio.toFixed(2)} of bare`);
    }
    const settings = {
      ...settingsOfAll,
      ...functionEnvironment(database, await testIssuer()),
    };
    imports = await coldImports(plan.functions, plan.imports, settings);
    tracers = await tracerImports('post-transfer', plan.imports, settings);
  } finally {
    await database.drop();
  }
  return {
    measuredAt: new Date().toISOString(),
    quick: wishes.quick === true,
    machine: {
      cores: cpus().length,
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      node: process.versions.node,
      postgres: database.version,
      busyBefore,
    },
    sql,
    histories,
    storage,
    intake,
    handler,
    imports,
    tracers,
  };
};

const report = async (results: BenchResults, dry: boolean): Promise<void> => {
  await mkdir(join(root, '.atlas'), { recursive: true });
  const json = `${JSON.stringify(results, null, 2)}\n`;
  await writeFile(join(root, '.atlas', 'bench.json'), json);
  if (dry) return;
  const page = join(root, 'docs', 'benchmarks.md');
  await writeFile(page, withReport(await readFile(page, 'utf8'), markdownReport(results)));
};

await new Command('bench')
  .description('Ratios, side by side in one run; to docs/benchmarks.md and .atlas/bench.json')
  .option('--quick', 'a minute instead of fifteen: fewer and shorter rounds, one function imported')
  .option('--dry', 'leave docs/benchmarks.md as it is')
  .option('--assert', 'exit with 1 when a threshold is not met')
  .action(async (wishes: Wishes) => {
    const results = await bench(wishes);
    await report(results, wishes.dry === true);
    const thresholds = thresholdsOf(results);
    for (const one of thresholds) console.log(verdictLine(one));
    if (wishes.assert === true && thresholds.some(({ met }) => !met)) process.exitCode = 1;
  })
  .parseAsync();
