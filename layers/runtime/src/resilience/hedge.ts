export interface Hedge {
  /** When a second call is made, if the first has not ended by then. */
  readonly afterMs: number;
  /** Asked before the second call; it costs the dependency one. */
  readonly mayHedge: () => boolean;
}

/**
 * Makes a call, and a second one if the first takes unusually long; the first that succeeds is the answer, and
 * the other is told to stop (Dean and Barroso, The Tail at Scale). Only for what may be done twice. Fails
 * when both have failed, with what the first said.
 */
export const hedged = <T>(
  call: (signal: AbortSignal) => Promise<T>,
  { afterMs, mayHedge }: Hedge,
  signal: AbortSignal,
): Promise<T> =>
  new Promise((resolve, reject) => {
    const stops: AbortController[] = [];
    const failures: unknown[] = [];
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stopAll);
      settle();
      stopAll();
    };
    const stopAll = (): void => {
      for (const stop of stops) stop.abort(signal.reason);
    };
    const begin = (): void => {
      const stop = new AbortController();
      stops.push(stop);
      call(stop.signal).then(
        (value) => end(() => resolve(value)),
        (error: unknown) => {
          failures.push(error);
          if (failures.length === stops.length) end(() => reject(failures[0] as Error));
        },
      );
    };
    const timer = setTimeout(() => {
      if (!signal.aborted && mayHedge()) begin();
    }, afterMs);
    signal.addEventListener('abort', stopAll);
    begin();
  });
