/** Time as a loop sees it, so that tests can give it another one. */
export interface LoopClock {
  nowMs(): number;
  wait(ms: number): Promise<void>;
}

export const systemClock: LoopClock = {
  nowMs: () => performance.now(),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** What became of one request. */
export interface Sample<Answer> {
  /** When it was to start, from the start of the loop. */
  readonly dueMs: number;
  /** From when it was to start to its answer. */
  readonly latencyMs: number;
  /** How much later than it was to it was sent. */
  readonly lateMs: number;
  readonly answer: Answer;
}

export interface OpenLoop<Answer> {
  /** When requests are due, from the start, in order. */
  readonly arrivals: Iterable<number>;
  readonly send: () => Promise<Answer>;
  readonly note: (sample: Sample<Answer>) => void;
  /** How long answers are waited for after the last request. */
  readonly patienceMs: number;
  readonly clock: LoopClock;
}

/** After so many in a row answers are read, even when more is due. */
const sentInARow = 50;

/**
 * Sends each request when it is due, whatever became of those before, and measures from when it was due. A
 * loop that waits for answers sends nothing while the server stands still, and so leaves out what those would
 * have waited who came then: Gil Tene, "How NOT to measure latency", calls it coordinated omission. Resolves
 * with the number of requests that were not answered in time.
 */
export const openLoop = async <Answer>({
  arrivals,
  send,
  note,
  patienceMs,
  clock,
}: OpenLoop<Answer>): Promise<{ readonly lost: number }> => {
  const startMs = clock.nowMs();
  let underWay = 0;
  let inARow = 0;
  let allAnswered: (() => void) | undefined;

  const start = (dueMs: number): void => {
    const lateMs = clock.nowMs() - startMs - dueMs;
    underWay += 1;
    void send().then((answer) => {
      note({ dueMs, lateMs, latencyMs: clock.nowMs() - startMs - dueMs, answer });
      underWay -= 1;
      if (underWay === 0) allAnswered?.();
    });
  };

  for (const dueMs of arrivals) {
    for (;;) {
      const earlyMs = startMs + dueMs - clock.nowMs();
      if (earlyMs <= 0 && inARow < sentInARow) break;
      await clock.wait(Math.max(0, earlyMs));
      inARow = 0;
    }
    start(dueMs);
    inARow += 1;
  }
  if (underWay > 0) {
    const all = new Promise<void>((resolve) => {
      allAnswered = resolve;
    });
    await Promise.race([all, clock.wait(patienceMs)]);
  }
  return { lost: underWay };
};
