import type { BenchDatabase } from './bench-database.ts';
import { connect, driverLoop } from './driver-loop.ts';
import { fullCall, leanCall, type Shape } from './posting-calls.ts';
import { interleaved, median, ratio } from './statistics.ts';

export interface Rounds {
  readonly count: number;
  readonly durationMs: number;
}

export interface SqlComparison {
  readonly shape: Shape;
  readonly fullPerSecond: number;
  readonly leanPerSecond: number;
  /** Transfers a second with all features over those of the yardstick. */
  readonly ratio: number;
  readonly fullPostgresCpuMs: number;
  readonly leanPostgresCpuMs: number;
}

const connections = 16;

const forms = { full: fullCall, lean: leanCall } as const;
type Form = keyof typeof forms;

/** The posting function with all features beside the yardstick, by the same loop of one process. */
export const compareSql = async (
  database: BenchDatabase,
  shape: Shape,
  rounds: Rounds,
): Promise<SqlComparison> => {
  const clients = await connect(database.shard, connections);
  const perSecond: Record<Form, number[]> = { full: [], lean: [] };
  const cpuMs: Record<Form, number[]> = { full: [], lean: [] };
  try {
    for (const form of ['full', 'lean'] as const) {
      await driverLoop(clients, forms[form], shape, rounds.durationMs / 3);
    }
    for (const form of interleaved<Form>(['full', 'lean'], rounds.count)) {
      await database.reset();
      const beforeMs = database.cpu.usedMs();
      const { transfers, elapsedMs } = await driverLoop(
        clients,
        forms[form],
        shape,
        rounds.durationMs,
      );
      cpuMs[form].push((database.cpu.usedMs() - beforeMs) / transfers);
      perSecond[form].push((transfers / elapsedMs) * 1_000);
    }
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
  return {
    shape,
    fullPerSecond: median(perSecond.full),
    leanPerSecond: median(perSecond.lean),
    ratio: ratio(perSecond.full, perSecond.lean),
    fullPostgresCpuMs: median(cpuMs.full),
    leanPostgresCpuMs: median(cpuMs.lean),
  };
};
