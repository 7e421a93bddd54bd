import { randomUUID } from 'node:crypto';
import { dynamoMetricStore, dynamoOpenBreakers } from '@atlas/dynamodb';
import { FleetMetrics, MetricRegistry, systemClocks } from '@atlas/runtime';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AwsProxy, awsProxy } from '../../chaos/framework/injectors/aws-proxy.ts';
import { call } from '../../support/ledger.ts';
import { plainGuard } from '../../support/plain-guard.ts';
import { testServices } from '../../support/services.ts';
import { createTables } from '../../support/test-api.ts';

const table = `metrics-${randomUUID()}`;
let proxy: AwsProxy;
let nowMs = 1_700_000_000_000;

beforeAll(async () => {
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  const { awsEndpoint } = testServices();
  await createTables(awsEndpoint, [[table, 'pk']]);
  proxy = await awsProxy(awsEndpoint);
});
afterEach(() => proxy.heal());
afterAll(() => proxy.close());

const connection = () => ({ region: 'us-east-1', endpoint: proxy.url, guard: plainGuard });
const store = () => dynamoMetricStore({ ...connection(), table, now: () => nowMs });

const toldBy = async (source: string) => {
  const told = await store().readAll(call());
  return told.filter((one) => one.source === source);
};
const countsOf = async (source: string): Promise<Readonly<Record<string, number>>> => {
  const [counts] = (await toldBy(source)).filter(({ kind }) => kind === 'counts');
  return Object.fromEntries(counts?.values ?? []);
};

/** A process that counts, as many of which make a fleet. */
const processOf = (source: string) => {
  const registry = new MetricRegistry();
  const fleet = new FleetMetrics({ registry, source, store: store(), clocks: systemClocks });
  return { fleet, requests: registry.count('Requests', 'post-transfer') };
};

describe('what a fleet counts in DynamoDB', () => {
  it('is what all its processes counted, and never less than it was', async () => {
    const source = randomUUID();
    const processes = Array.from({ length: 6 }, () => processOf(source));
    let before = 0;
    let counted = 0;
    for (let round = 1; round <= 5; round += 1) {
      await Promise.all(
        processes.map(async ({ fleet, requests }, i) => {
          counted += i + round;
          requests.add(i + round);
          await fleet.flush(10_000);
        }),
      );
      const { 'Requests|post-transfer': told = 0 } = await countsOf(source);
      expect(told).toBeGreaterThan(before);
      before = told;
    }
    expect(before).toBe(counted);
  });

  it('is exact for large and for fractional values, in as many series as a call takes', async () => {
    const source = randomUUID();
    const counts = new Map(Array.from({ length: 100 }, (_, i) => [`Refusals|f|p-${i}`, i + 0.25]));
    counts.set('TransferredMinorUnits|EUR', 2 ** 53);
    expect(await store().add(source, counts)).toBe('added');
    expect(await store().add(source, counts)).toBe('added');
    const told = await countsOf(source);
    expect(told['TransferredMinorUnits|EUR']).toBe(2 ** 54);
    expect(told['Refusals|f|p-99']).toBe(198.5);
    expect(Object.keys(told)).toHaveLength(101);
  });

  it.each([
    // It was made, and nobody heard of it.
    { how: 'unanswered', addition: 'unknown', told: 8 },
    // It was not made, and nobody can tell that from the one before.
    { how: 'failing', addition: 'unknown', told: 5 },
    // It was not made, and DynamoDB said so.
    { how: 'throttled', addition: 'refused', told: 8 },
  ] as const)('is not counted twice when an addition is $how', async ({ how, addition, told }) => {
    const source = randomUUID();
    proxy.befall({ call: 'UpdateItem', how, befalls: () => true });
    expect(await store().add(source, new Map([['Requests|other', 1]]))).toBe(addition);
    const { fleet, requests } = processOf(source);
    requests.add(3);
    await fleet.flush(10_000);
    expect(proxy.harmed()).toBeGreaterThan(1);
    proxy.heal();
    requests.add(5);
    await fleet.flush(10_000);
    expect((await countsOf(source))['Requests|post-transfer']).toBe(told);
  });

  it('is forgotten a week after a function ran for the last time', async () => {
    const source = randomUUID();
    await store().add(source, new Map([['Requests|f', 1]]));
    nowMs += 6 * 24 * 3_600_000;
    expect(await countsOf(source)).toEqual({ 'Requests|f': 1 });
    await store().add(source, new Map([['Requests|f', 1]]));
    nowMs += 6 * 24 * 3_600_000;
    expect(await countsOf(source)).toEqual({ 'Requests|f': 2 });
    nowMs += 2 * 24 * 3_600_000;
    expect(await toldBy(source)).toEqual([]);
  });
});

describe('what a fleet measures in DynamoDB', () => {
  it('is what was measured last, as a whole, and is forgotten soon', async () => {
    const source = randomUUID();
    const values = (more: Readonly<Record<string, number>>) => new Map(Object.entries(more));
    await store().measure(source, values({ 'OutboxWaiting|0': 3, 'OutboxWaiting|1': 4 }));
    await store().measure(source, values({ 'OutboxWaiting|1': 0 }));
    expect(await toldBy(source)).toEqual([
      { kind: 'measures', source, values: values({ 'OutboxWaiting|1': 0 }) },
    ]);
    nowMs += 6 * 60_000;
    expect(await toldBy(source)).toEqual([]);
  });
});

describe('breakers that are open', () => {
  it('are read by name', async () => {
    const { dynamoBreakerStore } = await import('@atlas/dynamodb');
    const breakers = `breakers-${randomUUID()}`;
    await createTables(testServices().awsEndpoint, [[breakers, 'pk']]);
    const open = dynamoOpenBreakers({ ...connection(), table: breakers });
    expect(await open(call())).toEqual(new Map());
    const kept = { openUntilMs: 5_000, windowMs: 1_000 };
    await dynamoBreakerStore({ ...connection(), table: breakers }).open('postgres-0', kept);
    expect(await open(call())).toEqual(new Map([['postgres-0', kept]]));
  });
});
