import { useEffect, useState } from 'preact/hooks';
import type { DashboardState } from '../dashboard-state.ts';

/** What the server said last, and whether it still does. */
export interface Heard {
  readonly state: DashboardState | undefined;
  /** Why the server itself did not answer. */
  readonly trouble: string | undefined;
}

const everyMs = 1_000;

/** Asks the server every second. What it said last stays when it falls silent. */
export const useStateOfServer = (): Heard => {
  const [heard, setHeard] = useState<Heard>({ state: undefined, trouble: undefined });
  useEffect(() => {
    let timer: number | undefined;
    let isGone = false;
    const ask = async (): Promise<void> => {
      try {
        const answer = await fetch('api/state', { signal: AbortSignal.timeout(10 * everyMs) });
        const state = (await answer.json()) as DashboardState;
        if (!isGone) setHeard({ state, trouble: undefined });
      } catch (error) {
        if (!isGone) setHeard((before) => ({ ...before, trouble: String(error) }));
      }
      if (!isGone) timer = window.setTimeout(() => void ask(), everyMs);
    };
    void ask();
    return () => {
      isGone = true;
      window.clearTimeout(timer);
    };
  }, []);
  return heard;
};
