import { accepted, type Deadline, type Outcome, type QuotaStore } from '@atlas/domain';
import { type EndpointSettings, httpEndpoint, systemClocks, TenantQuotas } from '@atlas/runtime';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { type TestIssuer, testIssuer } from '../../support/tokens.ts';

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await testIssuer();
  for (const [name, value] of Object.entries({
    ATLAS_AUTH_ISSUER: issuer.issuer,
    ATLAS_AUTH_AUDIENCE: issuer.audience,
    ATLAS_AUTH_JWKS: issuer.jwks,
    POWERTOOLS_METRICS_DISABLED: 'true',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
  })) {
    vi.stubEnv(name, value);
  }
});

const settings: EndpointSettings = {
  name: 'look',
  method: 'GET',
  path: '/v1/look',
  scopes: 'public',
  slo: 'default',
  budgetMs: 4_000,
  idempotency: 'none',
};
const context = { awsRequestId: 'r', getRemainingTimeInMillis: () => 6_000 } as Context;

const endpointOf = (more: Partial<EndpointSettings> = {}, quotas?: TenantQuotas) => {
  type Execute = (request: { readonly deadline: Deadline }) => Promise<Outcome<number>>;
  const execute = vi.fn<Execute>(async ({ deadline }) => accepted(deadline.atUnixMs - Date.now()));
  const handler = httpEndpoint(
    { ...settings, ...more },
    {
      answer: z.object({ leftMs: z.number() }),
      answerStatus: 200,
      problems: [],
      execute,
      respond: (leftMs) => ({ body: { leftMs } }),
    },
    quotas === undefined ? {} : { quotas: () => quotas },
  );
  return { handler, execute };
};

const event = (requestTimeEpoch: unknown, token?: string) =>
  ({
    httpMethod: 'GET',
    path: '/v1/look',
    headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
    requestContext: { requestId: 'q', requestTimeEpoch },
  }) as unknown as APIGatewayProxyEvent;

describe('a request that has waited', () => {
  // The clock stands still, so that what the machine is busy with does not count.
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_764_000_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    ['critical', 3_200],
    ['default', 2_000],
    ['non-critical', 1_000],
  ] as const)('is turned away when it is of the tier %s beyond %i ms', async (slo, mostMs) => {
    const { handler, execute } = endpointOf({ slo });
    const served = await handler(event(Date.now() - mostMs), context);
    expect(served.statusCode).toBe(200);
    expect(JSON.parse(served.body).leftMs).toBe(4_000 - mostMs);
    const shed = await handler(event(Date.now() - mostMs - 1), context);
    expect(shed.statusCode).toBe(503);
    expect(JSON.parse(shed.body)).toMatchObject({ code: 'overloaded', retryable: true });
    expect(String(shed.headers?.['Retry-After'])).toMatch(/^[1-4]$/);
    expect(execute).toHaveBeenCalledTimes(1);
  });

  it('is turned away before its token is looked at', async () => {
    const { handler } = endpointOf({ scopes: ['ledger:read'] });
    expect((await handler(event(Date.now() - 3_000), context)).statusCode).toBe(503);
    expect((await handler(event(Date.now()), context)).statusCode).toBe(401);
  });

  it('has not queued while the process started for it, which its deadline knows all the same', async () => {
    const startedMs = Math.ceil(performance.timeOrigin);
    vi.setSystemTime(startedMs + 1_500);
    const { handler } = endpointOf({ slo: 'non-critical' });
    const answer = await handler(event(startedMs - 500), context);
    expect(answer.statusCode).toBe(200);
    expect(JSON.parse(answer.body).leftMs).toBe(2_000);
    // What came before the process was there has queued, and what comes once it is ready has nothing to wait for.
    expect((await handler(event(startedMs - 1_100), context)).statusCode).toBe(503);
    vi.setSystemTime(startedMs + 60_000);
    expect((await handler(event(startedMs + 58_900), context)).statusCode).toBe(503);
  });

  it.each([undefined, 'yesterday', 1_764_000_000, 1_764_000_005_000])(
    'has not waited where the gateway tells no time that can be: %s',
    async (taken) => {
      const answer = await endpointOf().handler(event(taken), context);
      expect(answer.statusCode).toBe(200);
      expect(JSON.parse(answer.body).leftMs).toBe(4_000);
    },
  );
});

describe('a request of a tenant with a quota', () => {
  const store: QuotaStore = { lease: async () => ({ granted: 0, left: 0.5 }) };
  const rate = { perSecond: 20, burst: 60 };
  const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

  it('is told what is left, and turned away when nothing is', async () => {
    const quotas = new TenantQuotas({ store, rate, clocks: systemClocks });
    const { handler, execute } = endpointOf({ scopes: ['ledger:read'] }, quotas);
    const token = await issuer.token();
    const first = await handler(event(undefined, token), context);
    expect(first.headers).toMatchObject({
      'RateLimit-Policy': '"tenant";q=60;w=3',
      RateLimit: '"tenant";r=59;t=1',
    });
    await settled();
    const second = await handler(event(undefined, token), context);
    expect(second.statusCode).toBe(429);
    expect(JSON.parse(second.body)).toMatchObject({ code: 'too-many-requests', retryable: true });
    expect(second.headers).toMatchObject({ RateLimit: '"tenant";r=0;t=3', 'Retry-After': '1' });
    expect(execute).toHaveBeenCalledTimes(1);
    const other = await handler(
      event(undefined, await issuer.token({ tenant: 'globex' })),
      context,
    );
    expect(other.statusCode).toBe(200);
  });

  it('has none where it is nobody’s', async () => {
    const quotas = new TenantQuotas({ store, rate, clocks: systemClocks });
    const { handler } = endpointOf({}, quotas);
    for (let i = 0; i < 20; i += 1) {
      const answer = await handler(event(undefined), context);
      expect(answer.statusCode).toBe(200);
      expect(answer.headers).not.toHaveProperty('RateLimit');
    }
  });
});
