import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { closedLoop } from '../../../load/suite/closed-loop.ts';
import { openLoop, type Sample, systemClock } from '../../../load/suite/open-loop.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const stall = { fromMs: 4_000, toMs: 4_500 } as const;

/** Answers in a millisecond; while it stands still, when that is over. */
const server = () => {
  const startMs = performance.now();
  return async (): Promise<'answer'> => {
    const atMs = performance.now() - startMs;
    const waitMs = atMs >= stall.fromMs && atMs < stall.toMs ? stall.toMs - atMs : 0;
    await systemClock.wait(waitMs + 1);
    return 'answer';
  };
};

const p99 = (samples: readonly Sample<unknown>[]): number => {
  const sorted = samples.map(({ latencyMs }) => latencyMs).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
};

/** A hundred requests a second for ten seconds. */
const arrivals = Array.from({ length: 1_000 }, (_, i) => i * 10);

/** As generators do that wait for each answer and measure from when they sent: they leave out those who waited. */
const coordinated: typeof openLoop = async ({ arrivals: times, send, note, clock }) => {
  const startMs = clock.nowMs();
  for (const dueMs of times) {
    const earlyMs = startMs + dueMs - clock.nowMs();
    if (earlyMs > 0) await clock.wait(earlyMs);
    const sentMs = clock.nowMs();
    const answer = await send();
    note({ dueMs, lateMs: 0, latencyMs: clock.nowMs() - sentMs, answer });
  }
  return { lost: 0 };
};

const runWith = async (loop: typeof openLoop) => {
  const samples: Sample<string>[] = [];
  const note = (sample: Sample<string>) => samples.push(sample);
  const patienceMs = 10_000;
  const running = loop({ arrivals, send: server(), note, patienceMs, clock: systemClock });
  await vi.runAllTimersAsync();
  return { samples, ...(await running) };
};

describe('an open loop', () => {
  it('counts what those waited who came while the server stood still', async () => {
    const { samples, lost } = await runWith(openLoop);
    expect({ answered: samples.length, lost }).toEqual({ answered: 1_000, lost: 0 });
    // Of the 50 that came in that half second, ten waited at least 400 ms.
    expect(p99(samples)).toBeGreaterThanOrEqual(400);
  });

  it('would be found to leave them out', async () => {
    const { samples } = await runWith(coordinated);
    expect(samples).toHaveLength(1_000);
    expect(p99(samples)).toBeLessThan(5);
  });

  it('sends when it is time, whatever became of those before, and says what got no answer', async () => {
    const sentMs: number[] = [];
    const startMs = performance.now();
    const silent = (): Promise<never> => {
      sentMs.push(performance.now() - startMs);
      return new Promise(() => {});
    };
    const times = [10, 20, 20, 250];
    const common = { note: () => {}, patienceMs: 1_000, clock: systemClock };
    const running = openLoop({ arrivals: times, send: silent, ...common });
    await vi.runAllTimersAsync();
    expect(await running).toEqual({ lost: 4 });
    expect(sentMs).toEqual(times);
  });

  it('counts its own lateness as the caller’s wait', async () => {
    const samples: Sample<number>[] = [];
    let sent = 0;
    const busy = async () => {
      sent += 1;
      // The generator itself loses 30 ms with the first request.
      if (sent === 1) vi.advanceTimersByTime(30);
      return sent;
    };
    const note = (sample: Sample<number>) => samples.push(sample);
    const common = { send: busy, note, patienceMs: 100, clock: systemClock };
    const running = openLoop({ arrivals: [10, 15, 100], ...common });
    await vi.runAllTimersAsync();
    await running;
    expect(samples.map(({ lateMs }) => lateMs)).toEqual([0, 25, 0]);
    expect(samples.map(({ latencyMs }) => latencyMs)).toEqual([30, 25, 0]);
  });
});

describe('a closed loop', () => {
  it('has as many requests under way as clients, and none after its time', async () => {
    let underWay = 0;
    let most = 0;
    const send = async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await systemClock.wait(10);
      underWay -= 1;
      return 'answer';
    };
    const samples: Sample<string>[] = [];
    const note = (sample: Sample<string>) => samples.push(sample);
    const running = closedLoop({ clients: 3, durationMs: 1_000, send, note, clock: systemClock });
    await vi.runAllTimersAsync();
    await running;
    expect({ most, underWay, done: samples.length }).toEqual({ most: 3, underWay: 0, done: 300 });
    expect(Math.max(...samples.map(({ dueMs }) => dueMs))).toBeLessThan(1_000);
  });
});
