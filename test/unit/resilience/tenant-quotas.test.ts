import {
  fullBucket,
  type QuotaBucket,
  type QuotaRate,
  type QuotaStore,
  takeTokens,
} from '@atlas/domain';
import { TenantQuotas } from '@atlas/runtime';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';

const rate: QuotaRate = { perSecond: 100, burst: 40 };
let nowMs = 0;
const now = () => nowMs;
beforeEach(() => {
  nowMs = 1_000_000;
});

describe('a bucket of tokens', () => {
  it('grants no more than the burst and what the rate gave, whatever the clocks say', () => {
    const wishes = fc.array(
      fc.record({
        wish: fc.integer({ min: 0, max: 60 }),
        afterMs: fc.integer({ min: -500, max: 900 }),
      }),
      { maxLength: 100 },
    );
    fc.assert(
      fc.property(wishes, (all) => {
        let bucket: QuotaBucket = fullBucket(rate, 0);
        let atMs = 0;
        let latestMs = 0;
        let granted = 0;
        for (const { wish, afterMs } of all) {
          atMs += afterMs;
          latestMs = Math.max(latestMs, atMs);
          const taken = takeTokens(bucket, rate, wish, atMs);
          expect(taken.granted).toBeLessThanOrEqual(wish);
          expect(taken.bucket.tokens).toBeGreaterThanOrEqual(0);
          expect(taken.bucket.tokens).toBeLessThanOrEqual(rate.burst);
          granted += taken.granted;
          bucket = taken.bucket;
          expect(granted).toBeLessThanOrEqual(rate.burst + latestMs / 10 + 1e-6);
        }
      }),
    );
  });

  it('grants all of it to whoever asks steadily', () => {
    let bucket = fullBucket(rate, 0);
    let granted = 0;
    for (let ms = 0; ms <= 10_000; ms += 50) {
      const taken = takeTokens(bucket, rate, 10, ms);
      granted += taken.granted;
      bucket = taken.bucket;
    }
    expect(granted).toBe(rate.burst + 1_000);
  });
});

/** One bucket for all, that can be made to fail. */
const memoryStore = (lastsMs = 0): QuotaStore & { leases: number; down: boolean } => {
  const buckets = new Map<string, QuotaBucket>();
  const store = {
    leases: 0,
    down: false,
    lease: async (tenant: string, wish: number) => {
      store.leases += 1;
      if (store.down) throw new Error('down');
      for (const endMs = nowMs + lastsMs; nowMs < endMs; ) await settled();
      const taken = takeTokens(buckets.get(tenant) ?? fullBucket(rate, nowMs), rate, wish, nowMs);
      buckets.set(tenant, taken.bucket);
      return { granted: taken.granted, left: taken.bucket.tokens };
    },
  };
  return store;
};
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('quotas of tenants', () => {
  /** Asks each of some processes so often each 10 ms, for a time; answers with how many were let through. */
  const load = async (
    processes: readonly TenantQuotas[],
    each: number,
    forMs: number,
    tenant = 'acme',
  ) => {
    let admitted = 0;
    for (const endMs = nowMs + forMs; nowMs < endMs; nowMs += 10) {
      for (const one of processes) {
        for (let i = 0; i < each; i += 1) if (one.ask(tenant).admitted) admitted += 1;
      }
      await settled();
    }
    return admitted;
  };
  const fleet = (size: number, store: QuotaStore) =>
    Array.from(
      { length: size },
      () => new TenantQuotas({ store, rate, clocks: { now, elapsed: now } }),
    );

  it('let everything through that is below the rate', async () => {
    expect(await load(fleet(1, memoryStore()), 1, 3_000)).toBe(300);
  });

  it.each([1, 4, 16])('hold %i processes together to the rate', async (size) => {
    const chunk = 5;
    const admitted = await load(fleet(size, memoryStore()), 5, 4_000);
    expect(admitted).toBeGreaterThanOrEqual(rate.burst + 400 * 0.9);
    expect(admitted).toBeLessThanOrEqual(rate.burst + 400 + size * (chunk + 1));
  });

  it.each([20, 100, 200])('give all of the rate when a lease takes %i ms', async (lastsMs) => {
    const processes = fleet(1, memoryStore(lastsMs));
    const admitted = await load(processes, 2, 4_000);
    // Without the burst: while the first lease is under way, what the rate gives does not fit into the bucket.
    expect(admitted).toBeGreaterThanOrEqual(400 * 0.95);
    expect(admitted).toBeLessThanOrEqual(rate.burst + 400 + 6);
  });

  it('cost a lease for every few requests, and a refusal none', async () => {
    const store = memoryStore();
    const processes = fleet(1, store);
    await load(processes, 20, 1_000);
    expect(store.leases).toBeLessThan(60);
    const [one] = processes;
    const before = store.leases;
    const refused = Array.from({ length: 1_000 }, () => one?.ask('acme').admitted);
    await settled();
    expect(refused.filter(Boolean).length).toBeLessThanOrEqual(5);
    expect(store.leases - before).toBeLessThanOrEqual(1);
  });

  it('are of a tenant: another one goes through', async () => {
    const processes = fleet(2, memoryStore());
    await load(processes, 20, 1_000);
    expect(processes[0]?.ask('acme').admitted).toBe(false);
    expect(await load(processes, 1, 200, 'globex')).toBe(40);
  });

  it('say when it is worth asking again, and what is left', async () => {
    const [one] = fleet(1, memoryStore());
    const first = one?.ask('acme');
    expect(first).toMatchObject({ admitted: true, remaining: 39, resetSeconds: 1 });
    await load([one as TenantQuotas], 20, 500);
    const refused = one?.ask('acme');
    expect(refused).toMatchObject({ admitted: false, remaining: 0, retryAfterSeconds: 1 });
    nowMs += 1_000;
    one?.ask('acme');
    await settled();
    expect(one?.ask('acme').admitted).toBe(true);
  });

  it('let everybody through while the store is down, and ask it once a second', async () => {
    const store = memoryStore();
    store.down = true;
    const processes = fleet(1, store);
    // Below the rate, since blindness is no licence for more than that.
    expect(await load(processes, 1, 3_000)).toBe(300);
    expect(store.leases).toBeLessThanOrEqual(5);
    store.down = false;
    await load(processes, 20, 3_000);
    expect(processes[0]?.ask('acme').admitted).toBe(false);
  });
});
