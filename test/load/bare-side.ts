import { join } from 'node:path';
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import type { BenchDatabase } from './bench-database.ts';
import { ask, nextMessage, pidsOf, startChildren, stopChildren } from './children.ts';
import { cpuOf } from './process-cpu.ts';
import type { Side } from './side.ts';
import { durations } from './statistics.ts';

/** `count` processes with a bare driver loop each. */
export const bareSide = async (database: BenchDatabase, count: number): Promise<Side> => {
  const processes = startChildren(
    join(import.meta.dirname, 'bare-driver.ts'),
    count,
    { BENCH_DATABASE: JSON.stringify(database.shard) },
    1,
  );
  await Promise.all(processes.map((child) => nextMessage(child)));
  return {
    cpu: cpuOf(pidsOf(processes)),
    async run(shape, durationMs) {
      const startedMs = performance.now();
      const answers = await Promise.all(
        processes.map((child) =>
          ask<{ transfers: number; latencies: string }>(child, { shape, durationMs }),
        ),
      );
      const latencies = durations();
      for (const answer of answers) latencies.add(decodeFromCompressedBase64(answer.latencies));
      const elapsedMs = performance.now() - startedMs;
      const transfers = answers.reduce((sum, answer) => sum + answer.transfers, 0);
      return { transfers, elapsedMs, latencies, outsideMs: [] };
    },
    close: () => stopChildren(processes),
  };
};
