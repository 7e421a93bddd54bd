import type { BenchDatabase } from './bench-database.ts';
import { connect, driverLoop } from './driver-loop.ts';
import { fullBatch, fullCall, leanBatch, leanCall, type Shape } from './posting-calls.ts';
import { interleaved, median, ratio } from './statistics.ts';

export interface Rounds {
  readonly count: number;
  readonly durationMs: number;
}

const forms = { full: fullCall, lean: leanCall, fullBatch, leanBatch } as const;
export type Form = keyof typeof forms;
const formNames = Object.keys(forms) as Form[];

export interface SqlComparison {
  readonly shape: Shape;
  readonly perSecond: Readonly<Record<Form, number>>;
  readonly postgresCpuMs: Readonly<Record<Form, number>>;
  /** Transfers a second with all features over those of the yardstick. */
  readonly ratio: number;
  /** The same of batches of 100. */
  readonly batchRatio: number;
  /** A batch of 100 over single transfers, both with all features. */
  readonly batchOverSingle: number;
}

const connections = 16;

/**
 * The functions with all features beside the yardstick's, one by one and a hundred at a time, by the
 * same loop of one process.
 */
export const compareSql = async (
  database: BenchDatabase,
  shape: Shape,
  rounds: Rounds,
): Promise<SqlComparison> => {
  // What comes back is left as it is, so that the loop takes as little as it can from Postgres.
  const types = { getTypeParser: () => String };
  const clients = await connect({ ...database.shard, types }, connections);
  const all: Record<Form, { perSecond: number[]; cpuMs: number[] }> = {
    full: { perSecond: [], cpuMs: [] },
    lean: { perSecond: [], cpuMs: [] },
    fullBatch: { perSecond: [], cpuMs: [] },
    leanBatch: { perSecond: [], cpuMs: [] },
  };
  try {
    for (const form of formNames) {
      await driverLoop(clients, forms[form], shape, rounds.durationMs / 3);
    }
    for (const form of interleaved<Form>(formNames, rounds.count)) {
      await database.reset();
      const beforeMs = database.cpu.usedMs();
      const { transfers, elapsedMs } = await driverLoop(
        clients,
        forms[form],
        shape,
        rounds.durationMs,
      );
      all[form].cpuMs.push((database.cpu.usedMs() - beforeMs) / transfers);
      all[form].perSecond.push((transfers / elapsedMs) * 1_000);
    }
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
  const of = (figure: 'perSecond' | 'cpuMs') => ({
    full: median(all.full[figure]),
    lean: median(all.lean[figure]),
    fullBatch: median(all.fullBatch[figure]),
    leanBatch: median(all.leanBatch[figure]),
  });
  return {
    shape,
    perSecond: of('perSecond'),
    postgresCpuMs: of('cpuMs'),
    ratio: ratio(all.full.perSecond, all.lean.perSecond),
    batchRatio: ratio(all.fullBatch.perSecond, all.leanBatch.perSecond),
    batchOverSingle: ratio(all.fullBatch.perSecond, all.full.perSecond),
  };
};
