import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { AdaptiveTimeout } from '../../../layers/runtime/src/resilience/adaptive-timeout.ts';
import { LatencyWindow } from '../../../layers/runtime/src/resilience/latency-window.ts';

let nowMs = 0;
const now = () => nowMs;
beforeEach(() => {
  nowMs = 1_000_000;
});
const settings = { floorMs: 20, ceilingMs: 2_000, factor: 3 };

describe('a window of latencies', () => {
  const shape = { windowMs: 1_000, samples: 100, needed: 4, every: 1 };

  it('has the quantiles of what it holds, by nearest rank', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(10_000), { minLength: 4, maxLength: 300 }),
        fc.integer({ min: 0, max: 100 }),
        (durations, percent) => {
          const window = new LatencyWindow(shape, now);
          for (const one of durations) window.add(one);
          const kept = durations.slice(-100).sort((a, b) => a - b);
          const below = kept.filter((one) => one <= (window.quantile(percent / 100) ?? -1)).length;
          expect(kept).toContain(window.quantile(percent / 100));
          expect(below).toBeGreaterThanOrEqual((percent / 100) * kept.length - 1e-9);
        },
      ),
    );
  });

  it('knows nothing of few, and forgets what is old', () => {
    const window = new LatencyWindow(shape, now);
    for (const one of [1, 2, 3]) window.add(one);
    expect(window.quantile(0.5)).toBeUndefined();
    window.add(4);
    expect(window.quantile(1)).toBe(4);
    nowMs += 1_000;
    window.add(100);
    expect(window.quantile(1)).toBeUndefined();
  });

  it('computes anew after so many', () => {
    const window = new LatencyWindow({ ...shape, every: 5 }, now);
    for (const one of [1, 2, 3, 4]) window.add(one);
    expect(window.quantile(1)).toBeUndefined();
    window.add(5);
    expect(window.quantile(1)).toBe(5);
    window.add(1_000);
    expect(window.quantile(1)).toBe(5);
  });
});

describe('an adaptive time-out', () => {
  const taught = (durations: readonly number[]) => {
    const timeout = new AdaptiveTimeout(settings, now);
    for (const one of durations) timeout.succeeded(one);
    return timeout;
  };
  const times = (count: number, ms: number) => Array.from({ length: count }, () => ms);

  it('waits as long as it may while it knows too little', () => {
    expect(taught(times(19, 10)).timeoutMs).toBe(2_000);
  });

  it('is a multiple of the 99th percentile, between floor and ceiling', () => {
    expect(taught(times(200, 50)).timeoutMs).toBe(150);
    expect(taught(times(200, 1)).timeoutMs).toBe(20);
    expect(taught(times(200, 1_500)).timeoutMs).toBe(2_000);
    // One slow call of a hundred is beyond it, three are not.
    expect(taught([...times(199, 50), 400]).timeoutMs).toBe(150);
    expect(taught([...times(187, 50), ...times(3, 400), ...times(10, 50)]).timeoutMs).toBe(1_200);
  });

  it('finds out that a dependency became slower, although what is cut off is no sample', () => {
    const timeout = taught(times(200, 10));
    expect(timeout.timeoutMs).toBe(30);
    const slow = 900;
    let cut = 0;
    for (let call = 0; call < 400; call += 1) {
      if (timeout.timeoutMs < slow) {
        timeout.timedOut();
        cut += 1;
      } else timeout.succeeded(slow);
    }
    // Five doublings, and a few more until enough slow ones are known.
    expect(cut).toBeLessThan(40);
    expect(timeout.timeoutMs).toBe(2_000);
  });

  it('never goes beyond the ceiling, and comes back when calls are fast', () => {
    const timeout = taught(times(200, 10));
    for (let i = 0; i < 50; i += 1) timeout.timedOut();
    expect(timeout.timeoutMs).toBe(2_000);
    for (const one of times(100, 10)) timeout.succeeded(one);
    expect(timeout.timeoutMs).toBe(30);
  });
});
