import type { GeneratedRun, RunOrder } from './generator-program.ts';
import { percentileOf } from './measures.ts';
import type { Figure } from './scenario.ts';
import type { Subject } from './world.ts';

export interface WatchedRun {
  readonly run: GeneratedRun;
  /** What of the machine, and of each latency, is the suite's own. */
  readonly harness: readonly Figure[];
}

/** A run, and what it took to make it. */
export const watchedRun = async (
  { front, generator }: Subject,
  order: RunOrder,
): Promise<WatchedRun> => {
  const before = front.cpuMs();
  const run = await generator.run(order);
  const { served, shed, failed } = run.counts;
  const each = (cpuMs: number) => cpuMs / (served + shed + failed);
  return {
    run,
    harness: [
      {
        name: 'p99 of the generator’s lateness',
        value: percentileOf(run.lateness, 99),
        unit: ' ms',
      },
      { name: 'processor time a request, generator', value: each(run.generatorCpuMs), unit: ' ms' },
      { name: 'processor time a request, front', value: each(front.cpuMs() - before), unit: ' ms' },
    ],
  };
};
