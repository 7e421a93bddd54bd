import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** The kernel counts in ticks, a hundred a second on every Linux that matters here; asked anyway. */
const tickMs = (): number => 1_000 / Number(execFileSync('getconf', ['CLK_TCK']).toString());

interface Stat {
  readonly parent: number;
  readonly ownTicks: number;
  readonly reapedTicks: number;
}

/** The fields after the name, which stands in parentheses and may hold blanks; see proc(5). */
export const parseStat = (text: string): Stat => {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return { parent: field(4), ownTicks: field(14) + field(15), reapedTicks: field(16) + field(17) };
};

const statOf = (pid: number): Stat | undefined => {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined; // Gone between the listing and the reading.
  }
};

export interface CpuMeter {
  /** CPU time, user and system, that the processes have used since they started. */
  usedMs(): number;
}

/** Of these processes alone. */
export const cpuOf = (pids: readonly number[]): CpuMeter => {
  const eachMs = tickMs();
  return {
    usedMs: () => pids.reduce((sum, pid) => sum + (statOf(pid)?.ownTicks ?? 0), 0) * eachMs,
  };
};

/**
 * Of a process and its children: the postmaster, its backends and its writers. A backend that has
 * ended is in the postmaster's account of reaped children.
 */
export const cpuOfFamily = (head: number): CpuMeter => {
  const eachMs = tickMs();
  return {
    usedMs() {
      const own = statOf(head);
      if (own === undefined) throw new Error(`process ${head} is gone`);
      let ticks = own.ownTicks + own.reapedTicks;
      for (const name of readdirSync('/proc')) {
        if (!/^\d+$/.test(name)) continue;
        const stat = statOf(Number(name));
        if (stat?.parent === head) ticks += stat.ownTicks;
      }
      return ticks * eachMs;
    },
  };
};
