import { cpus } from 'node:os';
import { verdictLine } from '../threshold.ts';
import { benchOf } from './bench-of.ts';
import type { Pace } from './pace.ts';
import type { Scenario, ScenarioOutcome } from './scenario.ts';
import type { LoadWorld } from './world.ts';

export interface ScenarioResult extends ScenarioOutcome {
  readonly name: string;
  readonly claim: string;
  readonly tookSeconds: number;
}

export interface LoadResults {
  readonly measuredAt: string;
  readonly seed: number;
  readonly machine: {
    readonly cores: number;
    readonly processor: string;
    readonly node: string;
    readonly postgres: string;
  };
  readonly scenarios: readonly ScenarioResult[];
}

export interface LoadWishes {
  readonly pace: Pace;
  readonly seed: number;
  /** Told of what happens while it does. */
  readonly say: (line: string) => void;
}

/** Runs scenarios one after the other. What cannot be run ends the whole: a threshold that is not met does not. */
export const runLoad = async (
  world: LoadWorld,
  wanted: readonly Scenario[],
  { pace, seed, say }: LoadWishes,
): Promise<LoadResults> => {
  const bench = benchOf(world, pace, seed, say);
  const done: ScenarioResult[] = [];
  try {
    for (const { name, claim, run } of wanted) {
      say(`${name}: ${claim}`);
      const startedMs = performance.now();
      const outcome = await run(bench);
      const tookSeconds = Math.round((performance.now() - startedMs) / 1_000);
      for (const one of outcome.thresholds) say(`  ${verdictLine(one)}`);
      for (const { name: what, value, unit } of outcome.figures) {
        say(`          ${value.toFixed(2)}${unit}: ${what}`);
      }
      done.push({ name, claim, tookSeconds, ...outcome });
    }
  } finally {
    await bench.close();
  }
  return {
    measuredAt: new Date().toISOString(),
    seed,
    machine: {
      cores: cpus().length,
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      node: process.versions.node,
      postgres: world.database.version,
    },
    scenarios: done,
  };
};
