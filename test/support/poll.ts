import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until the answer satisfies, or fails with the last one. */
export const pollUntil = async <T>(
  ask: () => Promise<T>,
  satisfied: (answer: T) => boolean,
  timeoutMs = 10_000,
): Promise<T> => {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (satisfied(answer)) return answer;
    if (Date.now() > deadline) {
      const text = JSON.stringify(answer, (_, value) =>
        typeof value === 'bigint' ? value.toString() : value,
      );
      throw new Error(`not within ${timeoutMs} ms; the last answer was ${text}`);
    }
    await sleep(20);
  }
};
