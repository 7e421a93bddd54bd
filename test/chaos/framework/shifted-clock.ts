import { setTimeout as sleep } from 'node:timers/promises';
import type { Injection } from './experiment.ts';
import type { World } from './world.ts';

/** UUIDv7 begins with its milliseconds. */
const bornAtMs = (id: string): number => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);

/** Shifts the clock of the API's process. Shown by the ids that it makes meanwhile. */
export const shiftedClock =
  (offsetMs: number) =>
  async ({ world, load, undo, evidence, hold }: Injection<World>): Promise<void> => {
    undo(async () => {
      world.api.tell({ clockOffsetMs: 0 });
      await sleep(50);
    });
    const from = load.load.acknowledged.length;
    world.api.tell({ clockOffsetMs: offsetMs });
    await hold(1_500);
    const isShifted = ({ transferId }: { readonly transferId: string }) =>
      Math.abs(bornAtMs(transferId) - Date.now() - offsetMs) < 60_000;
    const shifted = load.load.acknowledged.slice(from).filter(isShifted).length;
    evidence('transfers with a shifted time in their ids', shifted);
  };
