import { randomUUID } from 'node:crypto';
import type { QuotaStore } from '@atlas/domain';
import { dynamoQuotaStore } from '@atlas/dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { call } from '../../support/ledger.ts';
import { plainGuard } from '../../support/plain-guard.ts';
import { testServices } from '../../support/services.ts';
import { createTables } from '../../support/test-api.ts';

const rate = { perSecond: 10, burst: 50 };
const table = `quotas-${randomUUID()}`;
let nowMs = 1_000_000;

/** As another process has it: without what this one remembers. */
const store = (): QuotaStore =>
  dynamoQuotaStore({
    ...{ table, rate, now: () => nowMs, guard: plainGuard, region: 'us-east-1' },
    endpoint: testServices().awsEndpoint,
  });

beforeAll(async () => {
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  await createTables(testServices().awsEndpoint, [[table, 'pk']]);
});

const sum = (leases: readonly { readonly granted: number }[]) =>
  leases.reduce((all, { granted }) => all + granted, 0);

describe('buckets in DynamoDB', () => {
  it('are full at first, empty when they are used, and fill with time', async () => {
    const tenant = randomUUID();
    const one = store();
    expect(await one.lease(tenant, 30, call())).toEqual({ granted: 30, left: 20 });
    expect(await one.lease(tenant, 30, call())).toEqual({ granted: 20, left: 0 });
    expect(await one.lease(tenant, 5, call())).toEqual({ granted: 0, left: 0 });
    nowMs += 250;
    expect(await one.lease(tenant, 5, call())).toEqual({ granted: 2, left: 0.5 });
    nowMs += 60_000;
    expect(await one.lease(tenant, 100, call())).toEqual({ granted: 50, left: 0 });
  });

  it('are one for all processes, and grant each token once', async () => {
    const tenant = randomUUID();
    const [one, other] = [store(), store()];
    expect(await one.lease(tenant, 20, call())).toMatchObject({ left: 30 });
    expect(await other.lease(tenant, 20, call())).toMatchObject({ left: 10 });
    expect(await one.lease(tenant, 20, call())).toEqual({ granted: 10, left: 0 });
  });

  it('grant no more than there is to many who ask at once', async () => {
    const tenant = randomUUID();
    const processes = Array.from({ length: 12 }, store);
    const leases = await Promise.allSettled(
      processes.flatMap((one) => [0, 1].map(() => one.lease(tenant, 5, call()))),
    );
    const granted = sum(leases.flatMap((one) => (one.status === 'fulfilled' ? one.value : [])));
    expect(granted).toBeGreaterThan(0);
    expect(granted).toBeLessThanOrEqual(rate.burst);
    expect(granted + (await store().lease(tenant, 100, call())).granted).toBe(rate.burst);
  });
});
