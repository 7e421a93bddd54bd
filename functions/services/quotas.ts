import type { QuotaStore } from '@atlas/domain';
import { awsConfig, quotasConfig, systemClocks, TenantQuotas } from '@atlas/runtime';
import { guardOf } from './guards.ts';
import { once } from './once.ts';

/** Loaded when the first tokens are leased, which no request waits for. */
const lazyStore = (table: string): QuotaStore => {
  const load = once(async () => {
    const { dynamoQuotaStore } = await import('@atlas/dynamodb');
    return dynamoQuotaStore({
      table,
      rate: quotasConfig().rate,
      now: Date.now,
      region: awsConfig().AWS_REGION,
      endpoint: awsConfig().AWS_ENDPOINT_URL,
      guard: guardOf('dynamodb', 'quotas'),
    });
  });
  return { lease: async (...call) => (await load()).lease(...call) };
};

/** Quotas of tenants; undefined where the stage has none. */
export const quotas = once((): TenantQuotas | undefined => {
  const { table, rate } = quotasConfig();
  return table === undefined
    ? undefined
    : new TenantQuotas({ store: lazyStore(table), rate, clocks: systemClocks });
});
