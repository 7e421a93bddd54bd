import { type Checkpoints, Fault } from '@atlas/domain';
import { type BatchAnswer, type StreamConsumer, streamConsumer } from '@atlas/runtime';
import type { Context, MSKEvent } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

beforeEach(() => {
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true');
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT');
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const checkpoints = (): Checkpoints & { readonly advanced: bigint[] } => {
  const advanced: bigint[] = [];
  return {
    advanced,
    read: async () => 0n,
    advance: async (_position, next) => {
      advanced.push(next);
    },
  };
};

const event = (count: number) =>
  ({
    records: {
      'topic-0': Array.from({ length: count }, (_, offset) => ({
        ...{ topic: 'topic', partition: 0, offset, key: '', headers: [] },
        value: Buffer.from(String(offset)).toString('base64'),
      })),
    },
  }) as unknown as MSKEvent;
const context = { getRemainingTimeInMillis: () => 11_000 } as Context;

const run = async (apply: StreamConsumer['apply'], count = 3, kept = checkpoints()) => {
  const handler = streamConsumer({
    ...{ name: 'consumer', group: 'group', budgetMs: 10_000, checkpoints: () => kept },
    apply,
  });
  const startedMs = Date.now();
  const answer: Promise<BatchAnswer> = handler(event(count), context);
  await vi.runAllTimersAsync();
  return { ...(await answer), advanced: kept.advanced, tookMs: Date.now() - startedMs };
};

describe('a consumer of a stream', () => {
  it('waits for a dependency that does not answer, and blames no record for it', async () => {
    let failures = 0;
    const made = await run(async ({ offset }) => {
      if (offset === 1n && failures < 4) {
        failures += 1;
        throw new Fault('dependency-unavailable', 'down');
      }
      return 'applied';
    });
    expect(made).toMatchObject({ batchItemFailures: [], advanced: [3n] });
    // 100, 200, 400 and 800 ms.
    expect(made.tookMs).toBeGreaterThanOrEqual(1_500);
  });

  it('waits for the store of checkpoints in the same way', async () => {
    let failures = 0;
    const kept = checkpoints();
    const read = async () => {
      if (failures === 5) return 1n;
      failures += 1;
      throw new Fault('dependency-unavailable', 'left alone for a while');
    };
    const made = await run(async () => 'applied', 3, { ...kept, read });
    expect(made).toMatchObject({ batchItemFailures: [], advanced: [3n] });
    expect(made.tookMs).toBeGreaterThanOrEqual(3_000);
  });

  it('gives up when its time is over, at the record that it could not make', async () => {
    let calls = 0;
    const made = await run(async ({ offset }) => {
      if (offset === 0n) return 'applied';
      calls += 1;
      throw new Fault('dependency-unavailable', 'down');
    });
    expect(made.batchItemFailures).toEqual([
      { itemIdentifier: { partition: 'topic-0', offset: 1 } },
    ]);
    expect(made.advanced).toEqual([1n]);
    expect(calls).toBeGreaterThan(5);
    expect(made.tookMs).toBeGreaterThan(7_000);
    expect(made.tookMs).toBeLessThanOrEqual(10_000);
  });

  it('does not try a poison record again, and touches nothing behind it', async () => {
    const seen: bigint[] = [];
    const made = await run(async ({ offset }) => {
      seen.push(offset);
      if (offset === 1n) throw new TypeError('this is no event');
      return 'applied';
    });
    expect(seen).toEqual([0n, 1n]);
    expect(made).toMatchObject({
      batchItemFailures: [{ itemIdentifier: { partition: 'topic-0', offset: 1 } }],
      advanced: [1n],
    });
  });
});
