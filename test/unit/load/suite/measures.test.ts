import { describe, expect, it } from 'vitest';
import { percentileMs } from '../../../load/statistics.ts';
import {
  driftOf,
  errorsOf,
  goodputOf,
  percentileOf,
  recoverySecondsOf,
  servedTogether,
  tailRatio,
} from '../../../load/suite/measures.ts';
import { fateOf, Recorder, type RunResult } from '../../../load/suite/recorder.ts';
import type { Route } from '../../../load/suite/routes.ts';

interface Request {
  readonly dueMs: number;
  readonly latencyMs: number;
  readonly status?: number;
  readonly route?: Route;
}

const resultOf = (requests: readonly Request[], durationMs: number, lost = 0): RunResult => {
  const recorder = new Recorder();
  for (const { dueMs, latencyMs, status = 201, route = 'post-transfer' } of requests) {
    recorder.note({ dueMs, latencyMs, lateMs: 0, answer: { route, status } });
  }
  // As it comes from the process of the generator.
  return JSON.parse(JSON.stringify(recorder.result(durationMs, lost))) as RunResult;
};

/** Ten requests in each second, which wait as long as is said for the second. */
const secondsOf = (waits: readonly number[], status = (_second: number) => 201): RunResult =>
  resultOf(
    waits.flatMap((latencyMs, second) =>
      Array.from({ length: 10 }, (_, i) => ({
        dueMs: second * 1_000 + i * 100,
        latencyMs,
        status: status(second),
      })),
    ),
    waits.length * 1_000,
  );

describe('what is recorded of a run', () => {
  const run = resultOf(
    [
      { dueMs: 100, latencyMs: 5 },
      { dueMs: 200, latencyMs: 15, route: 'read-balance', status: 200 },
      { dueMs: 900, latencyMs: 1_200 },
      { dueMs: 1_000, latencyMs: 1, status: 429 },
      { dueMs: 1_100, latencyMs: 2, status: 503 },
      { dueMs: 1_200, latencyMs: 3, status: 500, route: 'read-balance' },
      { dueMs: 1_300, latencyMs: 3, status: 0 },
    ],
    2_000,
    4,
  );

  it('is what became of each request, by route and by status', () => {
    expect(run.counts).toEqual({ served: 3, shed: 2, failed: 2, lost: 4 });
    expect(run.statuses).toEqual({ 0: 1, 200: 1, 201: 2, 429: 1, 500: 1, 503: 1 });
    expect(run.unserved).toEqual({ 'post-transfer': 3, 'read-balance': 1 });
    expect(errorsOf(run)).toBe(8);
    expect(percentileOf(run.fates.shed, 100)).toBeCloseTo(2, 1);
    expect(percentileOf(run.routes['read-balance'], 50)).toBeCloseTo(15, 1);
    expect(percentileMs(servedTogether(run, ['post-transfer', 'read-balance']), 50)).toBeCloseTo(
      15,
      1,
    );
  });

  it('counts latencies where requests were due, and goodput where they were answered', () => {
    expect(run.seconds.map(({ served, servedNow }) => [served, servedNow])).toEqual([
      [3, 2],
      [0, 0],
      [0, 1],
    ]);
    expect(run.seconds[1]).toMatchObject({ shed: 2, failed: 2, p50Ms: null });
  });

  it('takes for refused only what says that there was too much', () => {
    const fates = [200, 201, 429, 503, 500, 504, 404, 0].map(fateOf);
    expect(fates).toEqual([
      ...['served', 'served', 'shed', 'shed'],
      ...['failed', 'failed', 'failed', 'failed'],
    ]);
  });
});

describe('figures of a run', () => {
  it('have no value where nothing was measured', () => {
    const nothing = resultOf([], 1_000);
    expect(percentileOf(nothing.routes['post-batch'], 99)).toBeNaN();
    expect(tailRatio(nothing.fates.served)).toBeNaN();
  });

  it('tell how much longer the slowest hundredth waited', () => {
    const waits = Array.from({ length: 1_000 }, (_, i) => ({
      dueMs: i,
      latencyMs: i < 980 ? 10 : 60,
    }));
    expect(tailRatio(resultOf(waits, 1_000).fates.served)).toBeCloseTo(6, 1);
  });

  it('leave the first seconds out of the goodput, and what was answered after the end', () => {
    const run = secondsOf([1, 1, 1, 1, 5_000]);
    expect(goodputOf(run, 0, 5_000)).toBe(8);
    expect(goodputOf(run, 2_000, 4_000)).toBe(10);
  });
});

describe('the recovery from a spike', () => {
  const calm = [10, 11, 10, 10];
  const spike = [900, 2_000];
  const recovery = (after: readonly number[], status?: (second: number) => number) =>
    recoverySecondsOf(secondsOf([...calm, ...spike, ...after], status), 4_000, 6_000);

  it('takes until half of the requests wait no more than twice as long as before', () => {
    expect(recovery([10, 10, 10, 10])).toBe(0);
    expect(recovery([3_000, 1_000, 21, 19, 12, 10])).toBe(3);
  });

  it('is not told by one good second', () => {
    expect(recovery([500, 10, 500, 10, 10, 10])).toBe(3);
    expect(recovery([500, 500, 10, 10])).toBe(Number.POSITIVE_INFINITY);
  });

  it('is not there while anything is refused or fails', () => {
    const status = (code: number) => (second: number) => (second < 8 ? code : 201);
    expect(recovery([10, 10, 10, 10, 10], status(503))).toBe(Number.POSITIVE_INFINITY);
    const refusedAfter = (second: number) => (second === 6 || second === 7 ? 429 : 201);
    expect(recovery([10, 10, 10, 10, 10], refusedAfter)).toBe(2);
  });
});

describe('the drift of memory', () => {
  it('compares the end with what was there after the warm-up', () => {
    const growing = Array.from({ length: 100 }, (_, i) => 100 + i);
    const settled = growing.map((value) => Math.min(value, 120));
    expect(driftOf(settled)).toBeCloseTo(1, 1);
    expect(driftOf(settled)).toBeLessThan(1.05);
    expect(driftOf(growing)).toBeGreaterThan(1.5);
  });

  it('is not told by one reading', () => {
    const steady = Array.from({ length: 100 }, () => 100);
    expect(driftOf([...steady.slice(1), 500])).toBe(1);
    expect(driftOf([100])).toBeNaN();
  });
});
