import { Fault } from '@atlas/domain';
import { Fallback } from '@atlas/runtime';
import { expect, it, vi } from 'vitest';

const down = () => Promise.reject(new Fault('dependency-unavailable', 'planted'));

it('leaves the second way alone while the first works, or refuses', async () => {
  const told = vi.fn<() => void>();
  const second = vi.fn<() => Promise<string>>();
  const fallback = new Fallback({ ratio: 1, most: 10 }, told);
  expect(await fallback.run(async () => 'first', second)).toBe('first');
  for (const error of [
    new Error('a mistake of ours'),
    new Fault('deadline-exceeded', 'too late'),
    new Fault('unknown-outcome', 'perhaps done'),
  ]) {
    await expect(fallback.run(() => Promise.reject(error), second)).rejects.toBe(error);
  }
  expect(second).not.toHaveBeenCalled();
  expect(told).not.toHaveBeenCalled();
});

it.each(['dependency-unavailable', 'overloaded'] as const)('goes it after %s', async (code) => {
  const told = vi.fn<(error: unknown) => void>();
  const fallback = new Fallback({ ratio: 1, most: 10 }, told);
  const error = new Fault(code, 'planted');
  expect(
    await fallback.run(
      () => Promise.reject(error),
      async () => 'second',
    ),
  ).toBe('second');
  expect(told).toHaveBeenCalledExactlyOnceWith(error);
});

it('goes it for its share of the calls at most, however long the first is down', async () => {
  const second = vi.fn<() => Promise<string>>(async () => 'second');
  const fallback = new Fallback({ ratio: 0.2, most: 5 }, () => {});
  const answers = [];
  for (let i = 0; i < 1_000; i += 1) {
    answers.push(await fallback.run(down, second).catch((error: Fault) => error.code));
  }
  expect(second.mock.calls.length).toBeGreaterThanOrEqual(200);
  expect(second.mock.calls.length).toBeLessThanOrEqual(205);
  expect(answers.filter((one) => one === 'dependency-unavailable')).toHaveLength(
    1_000 - second.mock.calls.length,
  );
});

it('passes on what the second way throws', async () => {
  const fallback = new Fallback({ ratio: 1, most: 1 }, () => {});
  const second = new Fault('deadline-exceeded', 'too late');
  await expect(fallback.run(down, () => Promise.reject(second))).rejects.toBe(second);
});
