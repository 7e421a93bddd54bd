import { deadlineIn, Fault, type FaultCode, type OutboundCall } from '@atlas/domain';
import { type GuardSettings, ResilientGuard, systemClocks } from '@atlas/runtime';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { memoryBreakers } from '../../support/memory-breakers.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const settings: GuardSettings = {
  name: 'thing',
  breaker: { threshold: 0.5, size: 20, needed: 10, firstWindowMs: 1_000, longestWindowMs: 8_000 },
  timeout: { floorMs: 50, ceilingMs: 1_000, factor: 3 },
  attempts: 3,
  firstDelayMs: 20,
  longestDelayMs: 200,
  retryBudget: { ratio: 0.08, most: 5 },
};
const guardWith = (more: Partial<GuardSettings> = {}) =>
  new ResilientGuard({ ...settings, ...more }, { clocks: systemClocks, random: Math.random });

const within = (ms: number, more: Partial<OutboundCall> = {}): OutboundCall => ({
  deadline: deadlineIn(Date.now(), ms),
  effect: 'repeatable',
  ...more,
});
const down = () => Promise.reject(new Fault('dependency-unavailable', 'down'));
const silent = () => new Promise<never>(() => {});
const lasting = (ms: number) => () =>
  new Promise<string>((resolve) => {
    setTimeout(resolve, ms, 'done');
  });

/** What a call comes to, and after how long, while the clock runs by itself. */
const outcome = async (call: Promise<unknown>) => {
  const startedMs = Date.now();
  const settled = call.then(
    (value) => ({ value }),
    (error: unknown) => ({ code: (error as Fault).code as FaultCode | undefined, error }),
  );
  await vi.runAllTimersAsync();
  return { ...(await settled), tookMs: Date.now() - startedMs };
};
const codeOf = async (call: Promise<unknown>) => {
  const made = await outcome(call);
  return 'code' in made ? made.code : 'no fault';
};

describe('a guard and the deadline', () => {
  it('asks nobody when it has passed', async () => {
    const call = vi.fn<() => Promise<unknown>>(lasting(1));
    expect(await codeOf(guardWith().run(call, within(0)))).toBe('deadline-exceeded');
    expect(call).not.toHaveBeenCalled();
  });

  it('waits no longer than it, and tells the call to stop', async () => {
    let signal: AbortSignal | undefined;
    const made = await outcome(
      guardWith().run((given) => {
        signal = given;
        return silent();
      }, within(300)),
    );
    expect(made).toMatchObject({ code: 'deadline-exceeded', tookMs: 300 });
    expect(signal?.aborted).toBe(true);
  });

  it('waits no longer than the time-out, and says that the dependency did not answer', async () => {
    const guard = guardWith({ attempts: 1 });
    expect(await outcome(guard.run(silent, within(60_000)))).toMatchObject({
      code: 'dependency-unavailable',
      tookMs: 1_000,
    });
  });

  it('does not know what became of a call that may not be repeated', async () => {
    const call = vi.fn<() => Promise<unknown>>(silent);
    const made = await outcome(guardWith().run(call, within(3_000, { effect: 'once' })));
    expect(made).toMatchObject({ code: 'unknown-outcome', tookMs: 3_000 });
    expect(call).toHaveBeenCalledTimes(1);
  });

  it('counts what claiming a probe takes, too', async () => {
    const store = memoryBreakers();
    const guard = new ResilientGuard(settings, {
      store: { ...store, claimProbe: () => lasting(200)().then(() => true) },
      clocks: systemClocks,
      random: Math.random,
    });
    for (let i = 0; i < 10; i += 1) await outcome(guard.run(down, within(5_000)));
    vi.advanceTimersByTime(2_000);
    expect((await outcome(guard.run(silent, within(300)))).tookMs).toBe(300);
  });

  describe('in a process that stood still', () => {
    let pausedMs = 0;
    const clocks = {
      now: () => Date.now() + pausedMs,
      elapsed: () => performance.now() + pausedMs,
    };
    const pausing = (ms: number) => {
      pausedMs = 0;
      const guard = new ResilientGuard(
        { ...settings, attempts: 1 },
        { clocks, random: Math.random },
      );
      return { guard, pause: () => setTimeout(() => (pausedMs = ms), 500) };
    };

    it('does not count that time, so that an answer which lies there is read', async () => {
      const { guard, pause } = pausing(5_000);
      pause();
      const made = await outcome(guard.run(lasting(1_001), within(60_000)));
      expect(made).toMatchObject({ value: 'done' });
    });

    it('waits once more, and no longer', async () => {
      const { guard, pause } = pausing(5_000);
      pause();
      const made = await outcome(guard.run(silent, within(60_000)));
      expect(made).toMatchObject({ code: 'dependency-unavailable', tookMs: 2_000 });
    });

    it('counts it against the deadline', async () => {
      const { guard, pause } = pausing(5_000);
      pause();
      const passed = await outcome(guard.run(silent, within(6_000)));
      expect(passed).toMatchObject({ code: 'deadline-exceeded', tookMs: 1_000 });
      const later = pausing(5_000);
      later.pause();
      const passing = await outcome(later.guard.run(silent, within(6_300)));
      expect(passing).toMatchObject({ code: 'deadline-exceeded', tookMs: 1_300 });
    });
  });

  it('learns how long a call takes', async () => {
    const guard = guardWith({ attempts: 1 });
    for (let i = 0; i < 30; i += 1) await outcome(guard.run(lasting(40), within(5_000)));
    expect(await outcome(guard.run(silent, within(5_000)))).toMatchObject({ tookMs: 120 });
  });
});

describe('a guard that repeats', () => {
  const flaky = (failures: number) => {
    let left = failures;
    return vi.fn<() => Promise<unknown>>(() => {
      left -= 1;
      return left >= 0 ? down() : Promise.resolve('done');
    });
  };

  it('makes a call again until it succeeds, at most as often as it may, with pauses between', async () => {
    const call = flaky(2);
    const made = await outcome(guardWith().run(call, within(5_000)));
    expect(made).toMatchObject({ value: 'done' });
    expect(made.tookMs).toBeGreaterThan(0);
    expect(made.tookMs).toBeLessThanOrEqual(400);
    expect(call).toHaveBeenCalledTimes(3);
    const hopeless = flaky(3);
    expect(await codeOf(guardWith().run(hopeless, within(5_000)))).toBe('dependency-unavailable');
    expect(hopeless).toHaveBeenCalledTimes(3);
  });

  it('does not repeat what may not be, what is no fault, and what will not be otherwise', async () => {
    for (const [call, options] of [
      [vi.fn<() => Promise<unknown>>(down), within(5_000, { effect: 'once' })],
      [
        vi.fn<() => Promise<unknown>>(() => Promise.reject(new TypeError('a mistake'))),
        within(5_000),
      ],
      [
        vi.fn<() => Promise<unknown>>(() => Promise.reject(new Fault('overloaded', 'busy'))),
        within(5_000),
      ],
      [
        vi.fn<() => Promise<unknown>>(() =>
          Promise.reject(new Fault('dependency-unavailable', 'never', { retryable: false })),
        ),
        within(5_000),
      ],
    ] as const) {
      await outcome(guardWith().run(call, options));
      expect(call).toHaveBeenCalledTimes(1);
    }
  });

  it('never pauses beyond the deadline', async () => {
    const guard = guardWith({ firstDelayMs: 60_000, longestDelayMs: 60_000 });
    const call = vi.fn<() => Promise<unknown>>(down);
    const made = await outcome(guard.run(call, within(30)));
    expect(made).toMatchObject({ code: 'dependency-unavailable', tookMs: 0 });
    expect(call).toHaveBeenCalledTimes(1);
  });

  it('makes at most 1.1 calls of one while everything fails', async () => {
    // Without the breaker, which would leave the dependency alone altogether.
    const guard = guardWith({
      breaker: { ...settings.breaker, threshold: 0.99, size: 1e4, needed: 1e4 },
    });
    let calls = 0;
    const asked = 500;
    for (let i = 0; i < asked; i += 1) {
      await outcome(
        guard.run(() => {
          calls += 1;
          return down();
        }, within(5_000)),
      );
    }
    expect(calls).toBeGreaterThan(asked);
    expect(calls / asked).toBeLessThanOrEqual(1.1);
  });

  it('leaves a dependency alone that fails, and asks it again later', async () => {
    const guard = guardWith();
    let calls = 0;
    const ask = (isDown: boolean) =>
      codeOf(
        guard.run(() => {
          calls += 1;
          return isDown ? down() : Promise.resolve('done');
        }, within(5_000)),
      );
    for (let i = 0; i < 10; i += 1) await ask(true);
    expect(guard.state.kind).toBe('open');
    const before = calls;
    expect(await ask(true)).toBe('dependency-unavailable');
    expect(calls).toBe(before);
    vi.advanceTimersByTime(2_000);
    expect(await ask(false)).toBe('no fault');
    expect(guard.state.kind).toBe('closed');
  });

  it('counts an answer that nobody wanted as an answer', async () => {
    const guard = guardWith();
    for (let i = 0; i < 50; i += 1) {
      await outcome(guard.run(() => Promise.reject(new TypeError('a mistake')), within(5_000)));
      await outcome(
        guard.run(() => Promise.reject(new Fault('stale-route', 'moved')), within(5_000)),
      );
      await outcome(
        guard.run(() => Promise.reject(new Fault('overloaded', 'locked')), within(5_000)),
      );
    }
    expect(guard.state.kind).toBe('closed');
  });
});

describe('a guard with places', () => {
  const places = { concurrent: 4, waiting: 2, concurrentOfTenant: 2, waitingOfTenant: 1 };

  it('refuses at once what finds no place to wait in', async () => {
    const guard = guardWith({ bulkhead: places });
    const running = Array.from({ length: 6 }, () => guard.run(lasting(100), within(5_000)));
    const refused = guard.run(lasting(100), within(5_000));
    await expect(refused).rejects.toMatchObject({ code: 'overloaded' });
    await vi.runAllTimersAsync();
    expect(await Promise.all(running)).toEqual(Array(6).fill('done'));
  });

  it('lets no tenant take all of them', async () => {
    const guard = guardWith({ bulkhead: places });
    const greedy = Array.from({ length: 10 }, () =>
      guard
        .run(lasting(500), within(5_000, { tenant: 'greedy' }))
        .catch((error: Fault) => error.code),
    );
    const modest = outcome(guard.run(lasting(10), within(5_000, { tenant: 'modest' })));
    expect(await modest).toMatchObject({ value: 'done' });
    const answers = await Promise.all(greedy);
    expect(answers.filter((answer) => answer === 'overloaded')).toHaveLength(7);
  });

  it('waits for a place no longer than for an answer, and does not blame the dependency', async () => {
    const guard = guardWith({ bulkhead: { ...places, concurrent: 1, waiting: 50 } });
    const long = guard.run(lasting(900), within(5_000));
    const waiting = Array.from({ length: 20 }, () =>
      guard.run(lasting(1), within(100)).catch((error: Fault) => error.code),
    );
    await vi.runAllTimersAsync();
    expect(await long).toBe('done');
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['overloaded']));
    expect(guard.state.kind).toBe('closed');
  });
});

describe('a guard that hedges', () => {
  const learned = async () => {
    const guard = guardWith({ hedgeAt: 0.95 });
    for (let i = 0; i < 44; i += 1) {
      await outcome(guard.run(lasting(10 + (i % 11)), within(5_000)));
    }
    return guard;
  };

  it('makes a second call when the first is unusually slow, and takes what comes first', async () => {
    const guard = await learned();
    const signals: AbortSignal[] = [];
    const made = await outcome(
      guard.run((signal) => {
        signals.push(signal);
        return signals.length === 1 ? silent() : Promise.resolve('second');
      }, within(5_000)),
    );
    expect(made).toMatchObject({ value: 'second', tookMs: 20 });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it('makes no second call of what may be done once only, nor when the first is as fast as usual', async () => {
    const guard = await learned();
    const slow = vi.fn<() => Promise<unknown>>(lasting(200));
    await outcome(guard.run(slow, within(5_000, { effect: 'once' })));
    expect(slow).toHaveBeenCalledTimes(1);
    const fast = vi.fn<() => Promise<unknown>>(lasting(10));
    await outcome(guard.run(fast, within(5_000)));
    expect(fast).toHaveBeenCalledTimes(1);
  });

  it('pays for second calls from the budget of retries', async () => {
    const guard = await learned();
    let calls = 0;
    for (let i = 0; i < 100; i += 1) {
      await outcome(
        guard.run(() => {
          calls += 1;
          return lasting(45)();
        }, within(5_000)),
      );
    }
    expect(calls - 100).toBeGreaterThan(5);
    expect(calls - 100).toBeLessThanOrEqual(5 + 8 + 1);
  });

  it('fails with what the first call said when both fail', async () => {
    const guard = await learned();
    let calls = 0;
    const made = await outcome(
      guard.run(async () => {
        calls += 1;
        const mine = calls;
        await lasting(30)();
        throw new TypeError(`call ${mine}`);
      }, within(5_000)),
    );
    expect(made).toMatchObject({ error: { message: 'call 1' } });
    expect(calls).toBe(2);
  });
});

describe('what a guard tells of its calls', () => {
  const observed = (more: Partial<GuardSettings> = {}) => {
    const told: (readonly [what: string, ms: number])[] = [];
    const guard = new ResilientGuard(
      { ...settings, ...more },
      {
        clocks: systemClocks,
        random: Math.random,
        observer: {
          ended: (how, ms) => told.push([how, ms]),
          waited: (ms) => told.push(['waited', ms]),
        },
      },
    );
    return { guard, told };
  };

  it('is how each attempt ended, and after how long', async () => {
    const { guard, told } = observed({ attempts: 2, retryBudget: { ratio: 1, most: 5 } });
    await outcome(guard.run(lasting(30), within(5_000)));
    await outcome(guard.run(down, within(5_000)));
    await outcome(guard.run(() => Promise.reject(new TypeError('a mistake')), within(5_000)));
    await outcome(guard.run(silent, within(200)));
    expect(told).toEqual([
      ['answered', 30],
      ['failed', 0],
      ['failed', 0],
      ['answered', 0],
      ['failed', 200],
    ]);
  });

  it('is how long a call waited for its place, and that one had none', async () => {
    const one = { concurrent: 1, waiting: 1, concurrentOfTenant: 1, waitingOfTenant: 1 };
    const { guard, told } = observed({ bulkhead: one });
    const calls = [0, 1, 2].map(() => outcome(guard.run(lasting(30), within(5_000))));
    await Promise.all(calls);
    expect(told).toEqual([
      ['waited', 0],
      ['overloaded', 0],
      ['waited', 30],
      ['answered', 30],
      ['answered', 60],
    ]);
  });

  it('is nothing of a call that nobody made', async () => {
    const { guard, told } = observed();
    for (let i = 0; i < 10; i += 1) await outcome(guard.run(down, within(1)));
    const made = told.length;
    expect(guard.state.kind).toBe('open');
    await outcome(guard.run(lasting(1), within(5_000)));
    await outcome(guard.run(lasting(1), within(0)));
    expect(told).toHaveLength(made);
  });
});
