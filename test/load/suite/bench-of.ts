import { type CapacityRun, closedCapacity } from './closed-capacity.ts';
import type { Pace } from './pace.ts';
import { usualMix } from './routes.ts';
import type { LoadBench } from './scenario.ts';
import type { LoadWorld, Subject, SubjectWishes } from './world.ts';

/** The reserved concurrency of each function: most for what is asked for most. On two cores more would only wait. */
const environments = {
  'post-transfer': 4,
  'read-balance': 2,
  'read-account': 1,
  'list-entries': 1,
  'post-batch': 2,
} as const;

const warmUpClients = 16;

/** The bench of a run; `close` ends what was started for it, the world excepted. */
export const benchOf = (
  world: LoadWorld,
  pace: Pace,
  seed: number,
  say: (line: string) => void,
): LoadBench & { close(): Promise<void> } => {
  let started: Promise<Subject> | undefined;
  let found: Promise<CapacityRun> | undefined;
  const start = async (wishes: Omit<SubjectWishes, 'environments'> = {}): Promise<Subject> => {
    const subject = await world.start({ environments, ...wishes });
    const mix = { ...usualMix, 'read-eventual-balance': 2 };
    const load = { kind: 'closed', clients: warmUpClients, durationMs: pace.warmUpMs } as const;
    say(`warming up ${(wishes.form ?? 'with-toolkit').replace('-', ' the ')}`);
    await subject.generator.run({ seed, mix, load });
    return subject;
  };
  const bench: LoadBench = {
    world,
    pace,
    seed,
    say,
    async subject() {
      started ??= start();
      const subject = await started;
      await subject.front.limit(null);
      await world.database.reset();
      return subject;
    },
    async another(wishes) {
      const subject = await start(wishes);
      await world.database.reset();
      return subject;
    },
    capacity() {
      found ??= closedCapacity(bench);
      return found;
    },
  };
  return {
    ...bench,
    close: async () => {
      await (await started)?.close();
    },
  };
};
