import { accepted } from '@atlas/domain';
import {
  background,
  FleetMetrics,
  httpEndpoint,
  MetricRegistry,
  systemClocks,
} from '@atlas/runtime';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { memoryMetrics } from '../../support/memory-metrics.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true');
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT');
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const processOf = (store = memoryMetrics()) => {
  const registry = new MetricRegistry();
  const fleet = new FleetMetrics({
    registry,
    store,
    source: 'post-transfer',
    clocks: systemClocks,
  });
  const requests = registry.count('Requests', 'post-transfer');
  const told = () => store.counts.get('post-transfer')?.get('Requests|post-transfer') ?? 0;
  return { registry, store, fleet, requests, told };
};

describe('a process', () => {
  it('tells what it counted, each once, and every ten seconds at most', async () => {
    const { fleet, requests, store, told } = processOf();
    fleet.begin();
    expect(store.calls).toEqual([]);
    for (let i = 0; i < 40; i += 1) {
      requests.add(1);
      fleet.begin();
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(store.calls).toHaveLength(4);
    expect(told()).toBeGreaterThanOrEqual(31);
    await fleet.flush(1_000);
    expect(told()).toBe(40);
    await fleet.flush(1_000);
    expect(store.calls).toHaveLength(5);
  });

  it('tells again what was refused', async () => {
    const { fleet, requests, store, told } = processOf();
    store.mode = 'refusing';
    requests.add(3);
    await fleet.flush(1_000);
    store.mode = 'well';
    requests.add(4);
    await fleet.flush(1_000);
    expect(told()).toBe(7);
  });

  it.each([
    ['lost', 3],
    ['unmade', 0],
  ] as const)('does not tell again what may have been added: %s', async (mode, kept) => {
    const { fleet, requests, store, told } = processOf();
    store.mode = mode;
    requests.add(3);
    await fleet.flush(1_000);
    store.mode = 'well';
    requests.add(4);
    await fleet.flush(1_000);
    // Less than was counted where the addition was not made; never more.
    expect(told()).toBe(kept + 4);
  });

  it('would be found to count twice if it told again what may have been added', async () => {
    const { registry, requests, store, told } = processOf();
    const naive = new FleetMetrics({
      ...{ registry, source: 'post-transfer', clocks: systemClocks },
      store: {
        ...store,
        add: async (...call) =>
          (await store.add(...call)) === 'unknown' ? ('refused' as const) : ('added' as const),
      },
    });
    store.mode = 'lost';
    requests.add(3);
    await naive.flush(1_000);
    store.mode = 'well';
    await naive.flush(1_000);
    expect(told()).toBe(6);
  });

  it('has at most one telling under way, and is not held up at its end by one that never ends', async () => {
    const { fleet, requests, store } = processOf();
    store.mode = 'silent';
    for (let i = 0; i < 5; i += 1) {
      requests.add(1);
      fleet.begin();
      await vi.advanceTimersByTimeAsync(20_000);
    }
    expect(store.calls).toHaveLength(1);
    const flushed = fleet.flush(500);
    await vi.advanceTimersByTimeAsync(500);
    await expect(flushed).resolves.toBeUndefined();
  });

  it('is not ended by a store that cannot be loaded', async () => {
    const { registry, requests, store } = processOf();
    const add = vi.fn<typeof store.add>(() => Promise.reject(new Error('no such module')));
    const fleet = new FleetMetrics({
      ...{ registry, source: 'post-transfer', clocks: systemClocks },
      store: { ...store, add },
    });
    requests.add(1);
    fleet.begin();
    await fleet.flush(1_000);
    expect(add).toHaveBeenCalledTimes(1);
  });

  it('tells many series in several additions', async () => {
    const { fleet, registry, store } = processOf();
    for (let i = 0; i < 250; i += 1) registry.count('Refusals', 'post-transfer', `p${i}`).add(1);
    await fleet.flush(1_000);
    expect(store.calls).toHaveLength(3);
    expect(store.counts.get('post-transfer')?.size).toBe(250);
  });

  it('keeps no more series than it can, whoever makes labels of what', async () => {
    const { fleet, registry, store } = processOf();
    for (let i = 0; i < 3_000; i += 1) registry.count('Refusals', 'post-transfer', `p${i}`).add(1);
    await fleet.flush(1_000);
    // With the one that it has had, and that is 0.
    expect(store.counts.get('post-transfer')?.size).toBe(1_999);
  });
});

const context = { getRemainingTimeInMillis: () => 10_000 } as Context;
const event = {
  httpMethod: 'GET',
  path: '/v1/look',
  headers: {},
  requestContext: { requestId: 'q' },
} as unknown as APIGatewayProxyEvent;

describe('a fleet whose store never answers', () => {
  it('holds up no request', async () => {
    const { fleet, requests, store } = processOf();
    store.mode = 'silent';
    const handler = httpEndpoint(
      {
        ...{ name: 'look', method: 'GET', path: '/v1/look', scopes: 'public', slo: 'default' },
        ...{ budgetMs: 4_000, idempotency: 'none' },
      },
      {
        answer: z.object({}),
        answerStatus: 200,
        problems: [],
        execute: async () => accepted({}),
        respond: () => ({ body: {} }),
      },
      { fleet: () => fleet },
    );
    requests.add(1);
    // The clock does not move, so that whatever waits waits for ever.
    expect(await handler(event, context)).toMatchObject({ statusCode: 200 });
    expect(store.calls).toEqual([]);
    await vi.advanceTimersByTimeAsync(0);
    expect(store.calls).toEqual(['add']);
    for (let i = 0; i < 3; i += 1) {
      requests.add(1);
      expect(await handler(event, context)).toMatchObject({ statusCode: 200 });
    }
    await vi.advanceTimersByTimeAsync(20_000);
    expect(store.calls).toEqual(['add']);
  });

  it('holds up a run that nobody waits for by a second', async () => {
    const { fleet, requests, store } = processOf();
    store.mode = 'silent';
    requests.add(1);
    const settings = { name: 'measure-outbox', budgetMs: 5_000 };
    const handler = background(
      settings,
      async (_event, run) => run.measure('OutboxWaiting', [{ labels: ['0'], value: 7 }]),
      { fleet: () => fleet },
    );
    let isOver = false;
    const over = handler(undefined, context).then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await over;
    expect(store.calls).toEqual(['add', 'measure']);
  });
});

describe('what a run measures', () => {
  it('is told as a whole, in the place of what was measured before', async () => {
    const { fleet, store } = processOf();
    let shards = ['0', '1'];
    const handler = background(
      { name: 'measure-outbox', budgetMs: 5_000 },
      async (_event, run) =>
        run.measure(
          'OutboxWaiting',
          shards.map((shard) => ({ labels: [shard], value: 7 })),
        ),
      { fleet: () => fleet },
    );
    await handler(undefined, context);
    shards = ['1'];
    await handler(undefined, context);
    expect(store.measured).toEqual(
      new Map([['measure-outbox', new Map([['OutboxWaiting|1', 7]])]]),
    );
  });
});
