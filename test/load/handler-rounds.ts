import { bareSide } from './bare-side.ts';
import type { BenchDatabase } from './bench-database.ts';
import { handlerSide } from './handler-side.ts';
import type { Side } from './side.ts';
import type { Rounds } from './sql-rounds.ts';
import { interleaved, median, percentileMs, ratio } from './statistics.ts';

export interface SideFigures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU time per transfer of Postgres, of the processes that post, and of the load generator. */
  readonly postgresCpuMs: number;
  readonly functionCpuMs: number;
  readonly generatorCpuMs: number;
}

export interface HandlerComparison {
  readonly environments: number;
  readonly handler: SideFigures;
  readonly bare: SideFigures;
  /** Transfers a second through the handler over those of the bare driver. */
  readonly ratio: number;
  /** CPU time of Postgres per transfer, through the handler over the bare driver. */
  readonly postgresCpuRatio: number;
  /** Median wall time of a warm request outside Postgres and the Runtime API loop. */
  readonly outsideMs: number;
}

const ownCpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

const measure = async (side: Side, database: BenchDatabase, durationMs: number) => {
  await database.reset();
  const before = [database.cpu.usedMs(), side.cpu.usedMs(), ownCpuMs()] as const;
  const { transfers, elapsedMs, latencies, outsideMs } = await side.run('spread', durationMs);
  return {
    perSecond: (transfers / elapsedMs) * 1_000,
    p50Ms: percentileMs(latencies, 50),
    p99Ms: percentileMs(latencies, 99),
    postgresCpuMs: (database.cpu.usedMs() - before[0]) / transfers,
    functionCpuMs: (side.cpu.usedMs() - before[1]) / transfers,
    generatorCpuMs: (ownCpuMs() - before[2]) / transfers,
    outsideMs: outsideMs.length === 0 ? 0 : median(outsideMs),
  };
};

type Measured = Awaited<ReturnType<typeof measure>>;

const summary = (rounds: readonly Measured[]): SideFigures => {
  const middle = (of: (round: Measured) => number) => median(rounds.map(of));
  return {
    perSecond: middle((round) => round.perSecond),
    p50Ms: middle((round) => round.p50Ms),
    p99Ms: middle((round) => round.p99Ms),
    postgresCpuMs: middle((round) => round.postgresCpuMs),
    functionCpuMs: middle((round) => round.functionCpuMs),
    generatorCpuMs: middle((round) => round.generatorCpuMs),
  };
};

const warmTransfers = 12_000;
const turnMs = 5_000;

/**
 * Until the compiler has seen every path of every process often enough: what is measured is warm. In turns: of two equal
 * sides, the one that was warmed first and idled while the other was warmed made a tenth less.
 */
const warmUp = async (
  sides: readonly Side[],
  environments: number,
  longestMs: number,
): Promise<void> => {
  const enough = warmTransfers * environments;
  const turn = Math.min(turnMs, longestMs);
  const done = sides.map(() => 0);
  for (let spentMs = 0; spentMs < longestMs && done.some((all) => all < enough); spentMs += turn) {
    for (const [i, side] of sides.entries()) {
      done[i] = (done[i] ?? 0) + (await side.run('spread', turn)).transfers;
    }
  }
};

/** The built handler beside a bare driver in equally many processes, one connection each. */
export const compareHandler = async (
  database: BenchDatabase,
  environments: number,
  rounds: Rounds & { readonly warmUpMs: number },
): Promise<HandlerComparison> => {
  const opened: Side[] = [];
  const measured: Record<'handler' | 'bare', Measured[]> = { handler: [], bare: [] };
  try {
    const open = async (side: Promise<Side>): Promise<Side> => {
      opened.push(await side);
      return side;
    };
    const sides = {
      handler: await open(handlerSide(database, environments)),
      bare: await open(bareSide(database, environments)),
    };
    await warmUp(opened, environments, rounds.warmUpMs);
    for (const name of interleaved(['handler', 'bare'] as const, rounds.count)) {
      measured[name].push(await measure(sides[name], database, rounds.durationMs));
    }
  } finally {
    await Promise.all(opened.map((side) => side.close()));
  }
  const over = (of: (round: Measured) => number) =>
    ratio(measured.handler.map(of), measured.bare.map(of));
  return {
    environments,
    handler: summary(measured.handler),
    bare: summary(measured.bare),
    ratio: over((round) => round.perSecond),
    postgresCpuRatio: over((round) => round.postgresCpuMs),
    outsideMs: median(measured.handler.map((round) => round.outsideMs)),
  };
};
