import { cpus } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';

const totals = (): { busyMs: number; allMs: number } => {
  let busyMs = 0;
  let allMs = 0;
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.irq + times.idle;
    allMs += all;
    busyMs += all - times.idle;
  }
  return { busyMs, allMs };
};

/** The share of all cores, 0 to 1, that is busy while this process waits: what others take. */
export const busyShare = async (durationMs: number): Promise<number> => {
  const before = totals();
  await wait(durationMs);
  const after = totals();
  return (after.busyMs - before.busyMs) / (after.allMs - before.allMs);
};
