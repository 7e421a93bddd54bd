import { randomUUID } from 'node:crypto';
import type { BreakerStore } from '@atlas/domain';
import { dynamoBreakerStore } from '@atlas/dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { SharedBreaker } from '../../../layers/runtime/src/resilience/shared-breaker.ts';
import { testServices } from '../../support/services.ts';
import { createTables } from '../../support/test-api.ts';

let store: BreakerStore;
beforeAll(async () => {
  const { awsEndpoint } = testServices();
  const table = `breakers-${randomUUID()}`;
  await createTables(awsEndpoint, [[table, 'pk']]);
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  store = dynamoBreakerStore({ table, region: 'us-east-1', endpoint: awsEndpoint });
});

const minute = 60_000;

describe('breakers in DynamoDB', () => {
  it('are open until they are closed, and of two openings the later one counts', async () => {
    const name = randomUUID();
    expect(await store.read(name)).toBeUndefined();
    await store.open(name, { openUntilMs: 5 * minute, windowMs: 1_000 });
    await store.open(name, { openUntilMs: 4 * minute, windowMs: 9_000 });
    expect(await store.read(name)).toEqual({ openUntilMs: 5 * minute, windowMs: 1_000 });
    await store.open(name, { openUntilMs: 6 * minute, windowMs: 2_000 });
    expect(await store.read(name)).toEqual({ openUntilMs: 6 * minute, windowMs: 2_000 });
    await store.close(name);
    await store.close(name);
    expect(await store.read(name)).toBeUndefined();
  });

  it('give the probe to one of many who ask at once, when the window is over', async () => {
    const name = randomUUID();
    const claimAt = (nowMs: number) => store.claimProbe(name, nowMs, nowMs + 10_000);
    expect(await claimAt(minute)).toBe(false);
    await store.open(name, { openUntilMs: minute, windowMs: 1_000 });
    expect(await claimAt(minute - 1)).toBe(false);
    const claims = await Promise.all(Array.from({ length: 20 }, () => claimAt(minute)));
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect(await claimAt(minute + 9_999)).toBe(false);
    // Nobody has heard of it again.
    expect(await claimAt(minute + 10_000)).toBe(true);
    // An opening ends a probe: the next window has one of its own.
    await store.open(name, { openUntilMs: 2 * minute, windowMs: 2_000 });
    expect(await claimAt(2 * minute)).toBe(true);
  });

  it('lead a fleet through an outage with one probe a window', async () => {
    const name = randomUUID();
    let nowMs = Date.now();
    const fleet = Array.from(
      { length: 8 },
      () =>
        new SharedBreaker({
          ...{ name, threshold: 0.5, size: 10, needed: 5, firstWindowMs: 1_000 },
          ...{
            longestWindowMs: 4_000,
            store,
            clocks: { now: () => nowMs, elapsed: () => nowMs },
            random: Math.random,
          },
        }),
    );
    let isDown = true;
    let reached = 0;
    const call = async (breaker: SharedBreaker): Promise<string> => {
      try {
        const admission = await breaker.admit();
        reached += 1;
        if (isDown) breaker.failed(admission);
        else breaker.succeeded(admission);
        return isDown ? 'failed' : 'served';
      } catch {
        return 'refused';
      }
    };
    /** All that is told to the store in the background is there. */
    const round = async () => {
      const answers: string[] = [];
      for (const breaker of fleet) answers.push(await call(breaker));
      await new Promise((resolve) => setTimeout(resolve, 60));
      return answers;
    };
    for (let i = 0; i < 5; i += 1) {
      nowMs += 100;
      await round();
    }
    expect(fleet.map(({ state }) => state.kind)).toEqual(fleet.map(() => 'open'));
    const beforeOutage = reached;
    for (let second = 0; second < 12; second += 1) {
      nowMs += 1_000;
      await round();
    }
    // Windows of one, two, four and four seconds.
    expect(reached - beforeOutage).toBeGreaterThanOrEqual(2);
    expect(reached - beforeOutage).toBeLessThanOrEqual(6);
    isDown = false;
    let answers: string[] = [];
    for (let second = 0; second < 8; second += 1) {
      nowMs += 1_000;
      answers = await round();
    }
    expect(answers).toEqual(fleet.map(() => 'served'));
  });
});
