/** Puts load on the functions and judges how they bear it. `make load`; what it means: docs/how-to/load.md. */
import { join } from 'node:path';
import { Command } from 'commander';
import { busyShare } from './busy-share.ts';
import { fullPace, quickPace } from './suite/pace.ts';
import { writeReport } from './suite/report.ts';
import { runLoad } from './suite/run-load.ts';
import { scenarios } from './suite/scenarios.ts';
import { startWorld } from './suite/world.ts';

interface Wishes {
  readonly scenario: string;
  readonly minutes: string;
  readonly seed: string;
  readonly quick?: boolean;
  readonly docs?: boolean;
}

const root = join(import.meta.dirname, '..', '..');
const own = join(root, '.atlas', 'load');

await new Command('load')
  .description('Load scenarios with thresholds; to .atlas/load/report.json and report.md')
  .option('--scenario <names>', 'only these, separated by commas', '')
  .option('--minutes <number>', 'how long the soak lasts', '10')
  .option('--seed <number>', 'of the times at which requests come', '1')
  .option('--quick', 'seconds: shows that everything works, and measures nothing')
  .option('--docs', 'write the report to docs/load too')
  .action(async ({ scenario, minutes, seed, quick, docs }: Wishes) => {
    const names = scenario.split(',').filter((name) => name !== '');
    const unknown = names.filter((name) => !scenarios.some((one) => one.name === name));
    if (unknown.length > 0) throw new Error(`there is no scenario ${unknown.join(', ')}`);
    const wanted = scenarios.filter(({ name }) => names.length === 0 || names.includes(name));
    const soakMs = Number(minutes) * 60_000;
    if (!(soakMs > 0)) throw new Error(`not a number of minutes: ${minutes}`);
    const pace = quick === true ? quickPace : { ...fullPace, soakMs };
    const busyBefore = await busyShare(3_000);
    const world = await startWorld(own);
    try {
      const results = await runLoad(world, wanted, { pace, seed: Number(seed), say: console.log });
      const report = { ...results, quick: quick === true, busyBefore };
      await writeReport(own, report);
      if (docs === true) await writeReport(join(root, 'docs', 'load'), report);
      const isMet = results.scenarios.every(({ thresholds }) => thresholds.every(({ met }) => met));
      if (!isMet && quick !== true) process.exitCode = 1;
    } finally {
      await world.close();
    }
  })
  .parseAsync();
