import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { lengthMs } from '../../../load/suite/arrivals.ts';
import type { GeneratedRun, RunOrder } from '../../../load/suite/generator-program.ts';
import { quickPace } from '../../../load/suite/pace.ts';
import { Recorder } from '../../../load/suite/recorder.ts';
import type { LoadBench } from '../../../load/suite/scenario.ts';
import { scenarios } from '../../../load/suite/scenarios.ts';
import type { LoadWorld, Subject } from '../../../load/suite/world.ts';

/** What becomes of the n-th request of a run that is due then. */
type Server = (
  dueMs: number,
  n: number,
) => { readonly latencyMs: number; readonly status?: number };

const well: Server = () => ({ latencyMs: 10 });
const capacity = 100;
const pace = {
  ...quickPace,
  measureMs: 1_000,
  steady: { rounds: 3, roundMs: 5_000 },
  overload: { rounds: 3, roundMs: 10_000 },
  toolkit: { warmUpMs: 1_000, rounds: 2, roundMs: 3_000 },
  isolation: { rounds: 2, roundMs: 1_000, settleMs: 0 },
  memoryEveryMs: 1,
};

/** Load as it is ordered, at even times, served as the server says. */
const runOf = ({ load }: RunOrder, server: Server, closedPerSecond: number): GeneratedRun => {
  const recorder = new Recorder();
  const stretches =
    load.kind === 'open'
      ? load.stretches
      : [{ perSecond: closedPerSecond, durationMs: load.durationMs }];
  let n = 0;
  let startMs = 0;
  for (const { perSecond, durationMs } of stretches) {
    for (let dueMs = startMs; dueMs < startMs + durationMs; dueMs += 1_000 / perSecond) {
      const { latencyMs, status = 201 } = server(dueMs, n);
      recorder.note({ dueMs, latencyMs, lateMs: 0, answer: { route: 'post-transfer', status } });
      n += 1;
    }
    startMs += durationMs;
  }
  return { ...recorder.result(lengthMs(stretches), 0), generatorCpuMs: 1 };
};

interface Circumstances {
  /** Of each run of an open load, in order; the last for all that follow. */
  readonly servers?: readonly Server[];
  /** The same of closed load. */
  readonly closedServers?: readonly Server[];
  /** What closed load comes to, run by run. */
  readonly closedPerSecond?: (run: number) => number;
  readonly residentBytes?: (reading: number) => number;
  readonly viewReads?: () => number;
  readonly durationMs?: number;
}

/** A bench whose functions are made up, so that verdicts can be seen to fall either way. */
const benchOf = ({
  servers = [well],
  closedServers = [well],
  closedPerSecond = () => 100,
  residentBytes = () => 1_000,
  viewReads = () => 0,
  durationMs = 0.1,
}: Circumstances): LoadBench => {
  const runs = { open: 0, closed: 0 };
  let readings = 0;
  let isWatched = false;
  const subject: Subject = {
    generator: {
      run: async (order) => {
        const { kind } = order.load;
        const those = kind === 'open' ? servers : closedServers;
        const server = those[Math.min(runs[kind], those.length - 1)] ?? well;
        const perSecond = closedPerSecond(runs.closed);
        runs[kind] += 1;
        // Memory is read while a run goes on.
        while (order.load.kind === 'open' && isWatched && readings < 20) await turn();
        return runOf(order, server, perSecond);
      },
      close: async () => {},
    },
    front: {
      port: 0,
      limit: async () => {},
      pretendAge: async () => {},
      durationsMs: async () => {
        isWatched = true;
        return Array.from({ length: 100 }, () => durationMs);
      },
      cpuMs: () => 0,
      functionsCpuMs: () => 0,
      residentBytes: () => {
        readings += 1;
        return residentBytes(readings);
      },
      close: async () => {},
    },
    close: async () => {},
  };
  const world = {
    database: { reset: async () => {} },
    aws: { befall: () => {}, heal: () => {} },
    viewReads,
    start: async () => subject,
  } as unknown as LoadWorld;
  const steps = [{ clients: 4, perSecond: [capacity] }];
  return {
    world,
    pace,
    seed: 1,
    say: () => {},
    subject: async () => subject,
    another: async () => subject,
    capacity: async () => ({ capacity: { perSecond: capacity, clients: 4 }, steps }),
  };
};

/** The names of the thresholds that are not met. */
const missed = async (name: string, circumstances: Circumstances = {}): Promise<string[]> => {
  const scenario = scenarios.find((one) => one.name === name);
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  const { thresholds } = await scenario.run(benchOf(circumstances));
  return thresholds.filter(({ met }) => !met).map((one) => one.name);
};

const oneOf = (many: number, otherwise: ReturnType<Server>): Server => {
  return (_due, n) => (n % many === 0 ? otherwise : { latencyMs: 10 });
};

describe('a steady load', () => {
  it('is borne when nothing fails and few wait much longer than most', async () => {
    expect(await missed('steady')).toEqual([]);
    expect(await missed('steady', { servers: [oneOf(100, { latencyMs: 49 })] })).toEqual([]);
  });

  it.each([
    ['is refused', { latencyMs: 1, status: 503 }, ['errors']],
    ['fails', { latencyMs: 1, status: 500 }, ['errors']],
    ['waits long', { latencyMs: 60 }, ['p99 over p50, all requests', 'p99 over p50, transfers']],
  ])('is not when one of fifty %s', async (_what, otherwise, names) => {
    expect(await missed('steady', { servers: [oneOf(50, otherwise)] })).toEqual(names);
  });

  it('is not half of a C that was found while something was refused', async () => {
    const refusing = { closedServers: [oneOf(50, { latencyMs: 1, status: 503 })] };
    await expect(missed('steady', refusing)).rejects.toThrow('something was not served');
  });
});

describe('an overload', () => {
  const half = (latencyMs: number, served = 2): Server => {
    return (_due, n) => (n % served === 0 ? { latencyMs: 100 } : { latencyMs, status: 429 });
  };

  it('is borne when C is served, and the rest refused at once', async () => {
    expect(await missed('overload', { servers: [half(5)] })).toEqual([]);
  });

  it('is not when refusals are late, too little is served, or something fails', async () => {
    expect(await missed('overload', { servers: [half(50)] })).toEqual([
      'p99 of what was refused over p99 of what was served',
    ]);
    expect(await missed('overload', { servers: [half(5, 3)] })).toEqual(['goodput over C']);
    const failing = oneOf(100, { latencyMs: 1, status: 500 });
    expect(await missed('overload', { servers: [failing] })).toContain(
      'neither served nor refused',
    );
  });
});

describe('a spike', () => {
  const { calmMs, spikeMs } = pace.spike;
  const backlog: Server = (dueMs) => ({ latencyMs: dueMs < calmMs ? 10 : 5_000 });
  const soonOver: Server = (dueMs) => ({
    latencyMs: dueMs < calmMs || dueMs >= calmMs + spikeMs ? 10 : 5_000,
  });

  it('is over when callers wait as before', async () => {
    expect(await missed('spike', { servers: [soonOver] })).toEqual([]);
  });

  it('is not over while what came with it is still waited for, whoever sheds', async () => {
    expect(await missed('spike', { servers: [backlog, soonOver] })).toEqual([
      'recovery, when the gateway refuses what is too much',
    ]);
    expect(await missed('spike', { servers: [soonOver, backlog] })).toEqual([
      'recovery, when everything waits and functions shed by age',
    ]);
  });

  it('is judged only where something sheds', async () => {
    expect(await missed('spike', { servers: [soonOver, soonOver, backlog] })).toEqual([]);
  });
});

describe('other routes, while a dependency stalls', () => {
  const tail = 'p99 of the other routes, while DynamoDB stalls over before';
  const slower =
    (latencyMs: number): Server =>
    () => ({ latencyMs });

  /** One round is well, two are stalled, and then it is looked whether all is well again. */
  const stalled = (server: Server) => ({ servers: [well, server, server, well] });

  it('notice nothing, or are found to notice', async () => {
    expect(await missed('isolation', stalled(slower(10.5)))).toEqual([]);
    expect(await missed('isolation', stalled(slower(12)))).toEqual([tail]);
    const refusing = oneOf(100, { latencyMs: 10, status: 503 });
    expect(await missed('isolation', stalled(refusing))).toEqual([
      'requests of the other routes that were not served, or any that got no answer',
    ]);
  });

  it('are compared with nothing that is not well again', async () => {
    const refusing = oneOf(10, { latencyMs: 10, status: 503 });
    const late = { servers: [well, well, well, refusing, refusing, well] };
    expect(await missed('isolation', late)).toEqual([]);
    const never = { servers: [well, well, well, refusing] };
    await expect(missed('isolation', never)).rejects.toThrow('reads that need it are not served');
  });
});

describe('a dependency that fails', () => {
  const asked = (50 * pace.amplificationMs) / 1_000;
  const reads = (each: number) => {
    let seen = -each;
    return () => {
      // It is read before and after each run.
      seen += each;
      return seen;
    };
  };

  it('is asked about as often as one that does not, or is found to be asked more', async () => {
    const viewReads = (times: number) => ({ viewReads: reads(Math.round(times * asked)) });
    expect(await missed('amplification', viewReads(1.08))).toEqual([]);
    expect(await missed('amplification', viewReads(1.25))).toEqual([
      'calls seen over calls asked for, 100 % failing',
      'calls seen over calls asked for, 25 % failing',
    ]);
  });
});

describe('the toolkit', () => {
  it('costs little, or is found to cost much', async () => {
    expect(await missed('toolkit')).toEqual([]);
    // Of four that run together the first and the last are with the toolkit.
    const withIt = (perSecond: number) => (run: number) =>
      [0, 3].includes(run % 4) ? perSecond : 100;
    expect(await missed('toolkit', { closedPerSecond: withIt(96) })).toEqual([]);
    expect(await missed('toolkit', { closedPerSecond: withIt(94) })).toEqual([
      'transfers a second with the toolkit over those without',
    ]);
    const failing = { closedServers: [oneOf(50, { latencyMs: 1, status: 500 })] };
    await expect(missed('toolkit', failing)).rejects.toThrow('something was not served');
  });
});

describe('refusals', () => {
  const [byAge, byQuota] = [503, 429].map(
    (status): Server =>
      () => ({ latencyMs: 1, status }),
  );

  it('take a function less than a millisecond, or are found to take more', async () => {
    const closedServers = [byAge, byAge, byQuota, byQuota].map((one) => one ?? well);
    expect(await missed('refusals', { closedServers })).toEqual([]);
    expect(await missed('refusals', { closedServers, durationMs: 1.5 })).toEqual([
      'p99 of the time in the function, refused by age',
      'p99 of the time in the function, refused by quota',
    ]);
  });

  it('are not measured where nothing is refused', async () => {
    await expect(missed('refusals')).rejects.toThrow('not refused by age');
  });
});

describe('a soak', () => {
  it('leaves nothing behind, or is found to', async () => {
    expect(await missed('soak')).toEqual([]);
    const leaking = { residentBytes: (reading: number) => 1_000 + 100 * reading };
    expect(await missed('soak', leaking)).toEqual([
      'resident memory at the end over that after the warm-up',
    ]);
  });
});
