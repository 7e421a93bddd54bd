import { deadlineIn, initialPartitionMap } from '@atlas/domain';
import { type PostgresIntakes, postgresIntakes } from '@atlas/postgres';
import type { BenchDatabase } from './bench-database.ts';
import { connect, driverLoop } from './driver-loop.ts';
import { acceptCall, fullCall, tenant } from './posting-calls.ts';
import type { Rounds } from './sql-rounds.ts';
import { median, ratio } from './statistics.ts';

/** `both`: accepted and drained, one after the other, as if it were one. */
export const intakeForms = ['single', 'accepted', 'drained', 'both'] as const;
type Form = (typeof intakeForms)[number];

export interface IntakeComparison {
  /** In a round, the median. */
  readonly accepted: number;
  readonly perSecond: Readonly<Record<Form, number>>;
  readonly postgresCpuMs: Readonly<Record<Form, number>>;
  readonly drainedOverSingle: number;
}

const connections = 16;
/** As many batches at a time, of as many messages, as the function is given. */
const posters = 4;
const batchSize = 100;

interface Measured {
  readonly transfers: number;
  readonly elapsedMs: number;
  readonly cpuMs: number;
}

/**
 * Single transfers beside the same ones accepted and then posted by the poster's own code, in process. What
 * is accepted by one loop is drained at once, so every round measures all.
 */
export const compareIntake = async (
  database: BenchDatabase,
  rounds: Rounds,
): Promise<IntakeComparison> => {
  const types = { getTypeParser: () => String };
  const clients = await connect({ ...database.shard, types }, connections);
  const intakes = postgresIntakes({
    shards: [database.shard],
    namedStatements: true,
    maxConnectionsPerShard: posters,
    partitionMap: initialPartitionMap(1),
  });
  const measure = async (work: () => Promise<{ transfers: number }>): Promise<Measured> => {
    const [startedMs, usedMs] = [performance.now(), database.cpu.usedMs()];
    const { transfers } = await work();
    const elapsedMs = performance.now() - startedMs;
    return { transfers, elapsedMs, cpuMs: database.cpu.usedMs() - usedMs };
  };
  const round = async (durationMs: number): Promise<Record<Form, Measured>> => {
    await database.reset();
    const single = await measure(() => driverLoop(clients, fullCall, 'spread', durationMs));
    await database.reset();
    const accepted = await measure(() => driverLoop(clients, acceptCall, 'spread', durationMs));
    const waiting = await waitingIn(database);
    const drained = await measure(() => drain(intakes, waiting));
    const both = {
      transfers: drained.transfers,
      elapsedMs: accepted.elapsedMs + drained.elapsedMs,
      cpuMs: accepted.cpuMs + drained.cpuMs,
    };
    return { single, accepted, drained, both };
  };
  const measured: Record<Form, Measured>[] = [];
  try {
    await round(rounds.durationMs / 3);
    for (let i = 0; i < rounds.count; i += 1) measured.push(await round(rounds.durationMs));
  } finally {
    await Promise.all([intakes.close(), ...clients.map((client) => client.end())]);
  }
  const perSecond = (form: Form) =>
    measured.map((one) => (one[form].transfers / one[form].elapsedMs) * 1_000);
  const cpu = (form: Form) => measured.map((one) => one[form].cpuMs / one[form].transfers);
  const medians = (of: (form: Form) => readonly number[]) => ({
    single: median(of('single')),
    accepted: median(of('accepted')),
    drained: median(of('drained')),
    both: median(of('both')),
  });
  return {
    accepted: median(measured.map(({ accepted }) => accepted.transfers)),
    perSecond: medians(perSecond),
    postgresCpuMs: medians(cpu),
    drainedOverSingle: ratio(perSecond('drained'), perSecond('single')),
  };
};

/** In the order in which their messages would have been sent, in batches. */
const waitingIn = async ({ admin }: BenchDatabase): Promise<readonly (readonly string[])[]> => {
  const { rows } = await admin.query<{ intake_id: string }>(
    `SELECT intake_id FROM ledger.intake WHERE status = 'a' ORDER BY accepted_at`,
  );
  const ids = rows.map(({ intake_id: id }) => id);
  return Array.from({ length: Math.ceil(ids.length / batchSize) }, (_, i) =>
    ids.slice(i * batchSize, (i + 1) * batchSize),
  );
};

/** Every one of them must be posted, else the figures would be of something else. */
const drain = async (
  intakes: PostgresIntakes,
  batches: readonly (readonly string[])[],
): Promise<{ readonly transfers: number }> => {
  const queue = batches.values();
  const transfers = await Promise.all(
    Array.from({ length: posters }, async () => {
      let posted = 0;
      // They share one iterator, so each batch is one poster's.
      for (const ids of queue) {
        const references = ids.map((intakeId) => ({ tenant, intakeId }));
        const results = await intakes.post(references, {
          deadline: deadlineIn(Date.now(), 10_000),
        });
        const other = results.find(({ outcome }) => outcome !== 'posted');
        if (other !== undefined) throw new Error(`not posted: ${other.outcome}`);
        posted += results.length;
      }
      return posted;
    }),
  );
  return { transfers: transfers.reduce((sum, one) => sum + one, 0) };
};
