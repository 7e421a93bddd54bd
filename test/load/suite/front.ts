import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask, nextMessage, pidsOf, startChildren, stopChildren } from '../children.ts';
import { cpuOf } from '../process-cpu.ts';
import type { FrontOrder, FrontPlan } from './front-program.ts';

export interface Front {
  readonly port: number;
  /** How many requests may wait before more are refused; null: as many as come. */
  limit(waiting: number | null): Promise<void>;
  /** From now on requests come to their functions as if they had waited so long. */
  pretendAge(ageMs: number): Promise<void>;
  /** How long each call since the last time took in the function, without Postgres, in milliseconds. */
  durationsMs(): Promise<readonly number[]>;
  /** Processor time of the front itself since it started. */
  cpuMs(): number;
  /** The same of all execution environments. */
  functionsCpuMs(): number;
  /** Memory of all execution environments that is in use now. */
  residentBytes(): number;
  close(): Promise<void>;
}

/** The resident set of a process; see proc(5). */
const residentBytesOf = (pid: number): number => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`process ${pid} has no resident set`);
  return Number(kibibytes) * 1_024;
};

export const startFront = async (plan: FrontPlan): Promise<Front> => {
  const env = { LOAD_FRONT: JSON.stringify(plan) };
  const [child] = startChildren(join(import.meta.dirname, 'front-program.ts'), 1, env, 1);
  if (child === undefined) throw new Error('the front did not start');
  const { port, pids } = await nextMessage<{ port: number; pids: number[] }>(child);
  const cpu = cpuOf(pidsOf([child]));
  const functionsCpu = cpuOf(pids);
  const tell = <Answer>(order: FrontOrder): Promise<Answer> => ask<Answer>(child, order);
  return {
    port,
    limit: async (waiting) => {
      await tell({ kind: 'limit', waiting });
    },
    pretendAge: async (ageMs) => {
      await tell({ kind: 'age', ageMs });
    },
    durationsMs: async () => (await tell<{ outsideMs: number[] }>({ kind: 'durations' })).outsideMs,
    cpuMs: () => cpu.usedMs(),
    functionsCpuMs: () => functionsCpu.usedMs(),
    residentBytes: () => pids.reduce((sum, pid) => sum + residentBytesOf(pid), 0),
    close: () => stopChildren([child]),
  };
};
