import { type Deadline, deadlineIn, Fault } from '@atlas/domain';
import { Fallback } from '@atlas/runtime';
import { expect, it, vi } from 'vitest';

const nowMs = 1_000_000;
const deadline = deadlineIn(nowMs, 400);
const unlimited = { ratio: 1, most: 10 };
const fallbackWith = (budget = unlimited, onFallback: (error: unknown) => void = () => {}) =>
  new Fallback({ budget, firstShare: 0.5, now: () => nowMs, onFallback });
const failing = (error: Error) => () => Promise.reject(error);
const down = failing(new Fault('dependency-unavailable', 'planted'));

it('leaves the second way alone while the first works, or refuses', async () => {
  const told = vi.fn<() => void>();
  const second = vi.fn<() => Promise<string>>();
  const fallback = fallbackWith(unlimited, told);
  expect(await fallback.run(deadline, async () => 'first', second)).toBe('first');
  for (const error of [
    new Error('a mistake of ours'),
    new Fault('unknown-outcome', 'perhaps done'),
  ]) {
    await expect(fallback.run(deadline, failing(error), second)).rejects.toBe(error);
  }
  expect(second).not.toHaveBeenCalled();
  expect(told).not.toHaveBeenCalled();
});

it.each(['dependency-unavailable', 'overloaded', 'deadline-exceeded'] as const)(
  'goes it after %s',
  async (code) => {
    const told = vi.fn<(error: unknown) => void>();
    const error = new Fault(code, 'planted');
    const answer = await fallbackWith(unlimited, told).run(
      deadline,
      failing(error),
      async () => 'second',
    );
    expect(answer).toBe('second');
    expect(told).toHaveBeenCalledExactlyOnceWith(error);
  },
);

it('gives the first way half of the time, and all of it once there is no second', async () => {
  const given: Deadline[] = [];
  const first = (early: Deadline) => {
    given.push(early);
    return down();
  };
  const second = vi.fn<(whole: Deadline) => Promise<string>>(async () => 'second');
  const fallback = fallbackWith({ ratio: 0.1, most: 1 });
  await fallback.run(deadline, first, second);
  await expect(fallback.run(deadline, first, second)).rejects.toThrow('planted');
  expect(given).toEqual([deadlineIn(nowMs, 200), deadline]);
  expect(second.mock.calls).toEqual([[deadline]]);
});

it('goes it for its share of the calls at most, however long the first is down', async () => {
  const second = vi.fn<() => Promise<string>>(async () => 'second');
  const fallback = fallbackWith({ ratio: 0.2, most: 5 });
  const answers = [];
  for (let i = 0; i < 1_000; i += 1) {
    answers.push(await fallback.run(deadline, down, second).catch((error: Fault) => error.code));
  }
  expect(second.mock.calls.length).toBeGreaterThanOrEqual(200);
  expect(second.mock.calls.length).toBeLessThanOrEqual(205);
  expect(answers.filter((one) => one === 'dependency-unavailable')).toHaveLength(
    1_000 - second.mock.calls.length,
  );
});

it('passes on what the second way throws', async () => {
  const second = new Fault('deadline-exceeded', 'too late');
  await expect(fallbackWith().run(deadline, down, failing(second))).rejects.toBe(second);
});
