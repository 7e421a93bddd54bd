import { Fault } from '@atlas/domain';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type BreakerState,
  SharedBreaker,
} from '../../../layers/runtime/src/resilience/shared-breaker.ts';
import { type MemoryBreakers, memoryBreakers } from '../../support/memory-breakers.ts';

let nowMs = 0;
let elapsedMs = 0;
let store: MemoryBreakers;
beforeEach(() => {
  nowMs = 1_000_000;
  store = memoryBreakers();
});

const breaker = (more: { readonly store?: MemoryBreakers | undefined } = { store }) => {
  const states: BreakerState['kind'][] = [];
  const made = new SharedBreaker({
    name: 'postgres-0',
    threshold: 0.5,
    size: 10,
    needed: 4,
    firstWindowMs: 1_000,
    longestWindowMs: 3_000,
    clocks: { now: () => nowMs, elapsed: () => elapsedMs },
    random: () => 0.5,
    onChange: ({ kind }) => states.push(kind),
    ...more,
  });
  return Object.assign(made, { states });
};
/** Until everything that nobody waits for has happened. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
const fail = (one: SharedBreaker, times: number) => {
  for (let i = 0; i < times; i += 1) one.failed('ordinary');
};
const refused = async (one: SharedBreaker) => {
  try {
    return await one.admit();
  } catch (error) {
    expect(error).toBeInstanceOf(Fault);
    return (error as Fault).code;
  }
};

describe('a breaker', () => {
  it('lets everything through while less than its share fails, at no cost', async () => {
    const one = breaker();
    for (let i = 0; i < 40; i += 1) {
      expect(one.admit()).toBe('ordinary');
      one.succeeded('ordinary');
    }
    expect(store.calls).toEqual([]);
    for (let i = 0; i < 40; i += 1) {
      if (i % 3 === 0) one.failed('ordinary');
      else one.succeeded('ordinary');
    }
    expect(one.states).toEqual([]);
  });

  it('needs more than a few calls to open, and then leaves the dependency alone', async () => {
    const one = breaker();
    fail(one, 3);
    expect(one.admit()).toBe('ordinary');
    fail(one, 1);
    expect(one.state).toMatchObject({
      kind: 'open',
      until: { atMs: nowMs + 1_000 },
      windowMs: 1_000,
    });
    expect(await refused(one)).toBe('dependency-unavailable');
    nowMs += 999;
    expect(await refused(one)).toBe('dependency-unavailable');
  });

  it('lets one call try when the window is over, and closes when that succeeds', async () => {
    const one = breaker();
    fail(one, 4);
    nowMs += 1_000;
    const admissions = await Promise.all([refused(one), refused(one), refused(one)]);
    expect(admissions).toEqual(['probe', 'dependency-unavailable', 'dependency-unavailable']);
    one.succeeded('probe');
    expect(one.admit()).toBe('ordinary');
    await settled();
    expect(store.told.size).toBe(0);
    // What failed before is forgotten.
    fail(one, 3);
    expect(one.state.kind).toBe('closed');
  });

  it('stays open for twice as long each time the probe fails, up to the longest', async () => {
    const one = breaker();
    fail(one, 4);
    for (const windowMs of [2_000, 3_000, 3_000]) {
      nowMs = (one.state as { until: { atMs: number } }).until.atMs;
      expect(await refused(one)).toBe('probe');
      one.failed('probe');
      expect(one.state).toMatchObject({
        kind: 'open',
        windowMs,
        until: { atMs: nowMs + windowMs },
      });
      await settled();
    }
  });

  it('is as open as before when the call that was to try was never made', async () => {
    const one = breaker();
    fail(one, 4);
    nowMs += 1_000;
    expect(await refused(one)).toBe('probe');
    one.undecided('probe');
    expect(one.state).toMatchObject({
      kind: 'open',
      windowMs: 1_000,
      until: { atMs: nowMs + 1_000 },
    });
    one.undecided('ordinary');
    nowMs += 1_000;
    await settled();
    expect(await refused(one)).toBe('probe');
  });

  it('is not held open by a clock that is set back, nor by one that stood still', async () => {
    const [one, other] = [breaker({ store: undefined }), breaker({ store: undefined })];
    fail(one, 4);
    nowMs -= 300_000;
    expect(await refused(one)).toBe('dependency-unavailable');
    elapsedMs += 1_000;
    expect(await refused(one)).toBe('probe');
    fail(other, 4);
    nowMs += 1_000;
    expect(await refused(other)).toBe('probe');
  });

  it('learns nothing from what was under way when it opened', () => {
    const one = breaker();
    fail(one, 4);
    const { state } = one;
    one.failed('ordinary');
    one.succeeded('ordinary');
    expect(one.state).toBe(state);
  });
});

describe('breakers of a fleet', () => {
  it('open where another has opened, from the first failure of their own', async () => {
    const [one, other] = [breaker(), breaker()];
    fail(one, 4);
    await settled();
    expect(other.admit()).toBe('ordinary');
    fail(other, 1);
    await settled();
    expect(other.state.kind).toBe('open');
  });

  it('ask at most once a second', async () => {
    const one = breaker();
    for (let i = 0; i < 20; i += 1) {
      one.failed('ordinary');
      one.succeeded('ordinary');
      one.succeeded('ordinary');
      await settled();
    }
    expect(store.calls).toEqual(['read']);
    nowMs += 1_000;
    fail(one, 1);
    await settled();
    expect(store.calls).toEqual(['read', 'read']);
  });

  it('make one probe, and all close when it has succeeded', async () => {
    const fleet = Array.from({ length: 10 }, () => breaker());
    for (const one of fleet) fail(one, 4);
    await settled();
    nowMs += 1_200;
    const admissions = await Promise.all(fleet.map(refused));
    expect(admissions.filter((one) => one === 'probe')).toHaveLength(1);
    fleet[admissions.indexOf('probe')]?.succeeded('probe');
    await settled();
    nowMs += 1_000;
    expect(await Promise.all(fleet.map(refused))).toEqual(fleet.map(() => 'ordinary'));
  });

  it('wait for one whose probe has failed, and do not probe for themselves', async () => {
    const fleet = Array.from({ length: 5 }, () => breaker());
    for (const one of fleet) fail(one, 4);
    await settled();
    nowMs += 1_200;
    const admissions = await Promise.all(fleet.map(refused));
    fleet[admissions.indexOf('probe')]?.failed('probe');
    await settled();
    nowMs += 1_000;
    expect(new Set(await Promise.all(fleet.map(refused)))).toEqual(
      new Set(['dependency-unavailable']),
    );
  });

  it('make another probe when nobody heard of the first again', async () => {
    const [one, other] = [breaker(), breaker()];
    for (const each of [one, other]) fail(each, 4);
    await settled();
    nowMs += 1_000;
    expect(await refused(one)).toBe('probe');
    expect(await refused(other)).toBe('dependency-unavailable');
    nowMs += 10_001;
    expect(await refused(other)).toBe('probe');
  });
});

describe('a breaker whose store is down', () => {
  it.each(['failing', 'silent'] as const)('decides for itself: %s', async (mode) => {
    vi.useFakeTimers();
    try {
      store.mode = mode;
      const one = breaker();
      fail(one, 4);
      expect(one.state.kind).toBe('open');
      nowMs += 1_000;
      const admission = refused(one);
      await vi.advanceTimersByTimeAsync(250);
      expect(await admission).toBe('probe');
      one.succeeded('probe');
      expect(one.admit()).toBe('ordinary');
    } finally {
      vi.useRealTimers();
    }
  });

  it('needs none', async () => {
    const one = breaker({ store: undefined });
    fail(one, 4);
    nowMs += 1_000;
    expect(await refused(one)).toBe('probe');
    expect(await refused(one)).toBe('dependency-unavailable');
    one.succeeded('probe');
    expect(one.admit()).toBe('ordinary');
  });
});
