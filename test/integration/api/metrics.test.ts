import { randomUUID } from 'node:crypto';
import { dynamoBreakerStore } from '@atlas/dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endpoints } from '../../../functions/manifest.ts';
import { installPromtool } from '../../../localstack/toolchain/install.ts';
import { httpApi } from '../../chaos/framework/http-api.ts';
import { type ApiClient, apiClient } from '../../support/api-client.ts';
import { apiOver } from '../../support/in-process-api.ts';
import { pollUntil } from '../../support/poll.ts';
import { counterValue, seriesIn } from '../../support/prometheus-series.ts';
import { checkMetrics } from '../../support/promtool.ts';
import { type ServerProcess, serverProcess } from '../../support/server-process.ts';
import { testServices } from '../../support/services.ts';
import { createTables, type TestSurroundings, testSurroundings } from '../../support/test-api.ts';

/** Long enough for every process to have told what it counted: they do so each ten seconds. */
const toldMs = 60_000;
const tenant = `acme-${randomUUID().slice(0, 8)}`;

const prefix = `metrics-${randomUUID()}`;
const tables = {
  ATLAS_METRICS_TABLE: `${prefix}-counts`,
  ATLAS_BREAKERS_TABLE: `${prefix}-breakers`,
};

let surroundings: TestSurroundings;
let processes: readonly ServerProcess[];
let clients: readonly ApiClient[];
let operator: ApiClient;

beforeAll(async () => {
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  await installPromtool();
  surroundings = await testSurroundings();
  const { environment, issuer } = surroundings;
  await createTables(
    testServices().awsEndpoint,
    Object.values(tables).map((name) => [name, 'pk'] as const),
  );
  // Where it is set a process hears of its end.
  const lambda = { AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9' };
  const server = { environment: { ...environment, ...tables, ...lambda } };
  processes = await Promise.all([0, 1, 2].map(() => serverProcess(server)));
  const token = await issuer.token({ tenant });
  clients = processes.map(({ url }) => apiClient(apiOver(httpApi(url)), token));
  const ops = await issuer.token({ tenant: 'operators', scope: 'ops:read' });
  operator = apiClient(apiOver(httpApi(processes[0]?.url ?? '')), ops);
});
afterAll(async () => {
  await Promise.all(processes.map((one) => one.close()));
  await surroundings.database.drop();
});

const read = async (): Promise<string> => {
  const { status, headers, body } = await operator.get('/v1/ops/metrics');
  const type = headers['content-type'];
  if (status === 200 && type === 'text/plain; version=0.0.4; charset=utf-8') return body;
  throw new Error(`answered ${status}, ${type}: ${JSON.stringify(body)}`);
};
const posted = (text: string) =>
  counterValue(text, 'atlas_requests_total', { function: 'post-transfer' });

describe('GET /v1/ops/metrics', () => {
  it('counts what several processes did, exactly, and never less than before', async () => {
    const [client] = clients as [ApiClient];
    await client.asset('EUR');
    const world = await client.account();
    const alice = await client.account({ minBalance: '0' });
    const sent = { all: 0, refused: 0, failed: 0 };
    let before = 0;
    const look = async (): Promise<string> => {
      const text = await read();
      const now = posted(text) ?? 0;
      expect(now).toBeGreaterThanOrEqual(before);
      before = now;
      return text;
    };
    for (let round = 0; round < 10; round += 1) {
      const answers = await Promise.all(
        clients.flatMap((one) => [
          one.transfer(world, alice, '5'),
          one.transfer(alice, world, '1000000'),
        ]),
      );
      // Whatever a busy machine makes of them, they were answered, and so counted.
      sent.all += answers.length;
      sent.refused += answers.filter(({ status }) => status === 422).length;
      sent.failed += answers.filter(({ status }) => status >= 500).length;
      await look();
    }
    expect(sent.refused).toBeGreaterThan(0);
    // A process tells what it counted at the beginning of a request, so they are asked something else meanwhile.
    const text = await pollUntil(
      async () => {
        await Promise.all(clients.map((one) => one.get('/v1/assets')));
        return look();
      },
      (told) => posted(told) === sent.all,
      toldMs,
    );
    const of = { function: 'post-transfer' };
    expect(counterValue(text, 'atlas_failures_total', of)).toBe(sent.failed);
    expect(
      counterValue(text, 'atlas_refusals_total', { ...of, problem: 'insufficient-funds' }),
    ).toBe(sent.refused);
    expect(counterValue(text, 'atlas_duration_milliseconds_count', of)).toBe(sent.all);
    expect(counterValue(text, 'atlas_duration_milliseconds_bucket', { ...of, le: '+Inf' })).toBe(
      sent.all,
    );
    const calls = [0, 1].map((shard) =>
      counterValue(text, 'atlas_dependency_calls_total', { dependency: `postgres-${shard}` }),
    );
    expect(calls.reduce((sum: number, one) => sum + (one ?? 0), 0)).toBeGreaterThan(0);
    expect(counterValue(text, 'atlas_breaker_open', { dependency: 'postgres-0' })).toBe(0);
  });

  it('has 0 for what every endpoint may count and has not', async () => {
    const text = await read();
    for (const { name } of endpoints) {
      expect(counterValue(text, 'atlas_requests_total', { function: name })).toBeDefined();
      expect(counterValue(text, 'atlas_failures_total', { function: name })).toBeDefined();
    }
    expect(counterValue(text, 'atlas_requests_total', { function: 'post-hold' })).toBe(0);
    expect(counterValue(text, 'atlas_failures_total', { function: 'post-hold' })).toBe(0);
  });

  it('is a text that promtool takes, with nothing of a tenant, an id or a trace in it', async () => {
    const text = await read();
    const findings = checkMetrics(text).output.split('\n').filter(Boolean);
    expect(findings.length).toBeGreaterThan(0);
    expect(findings.filter((one) => !one.includes('use base unit "seconds"'))).toEqual([]);
    expect(text).not.toContain(tenant);
    const values = seriesIn(text).flatMap(({ labels }) => Object.values(labels));
    expect(values.length).toBeGreaterThan(100);
    expect(values.filter((value) => /[0-9a-f]{8}/.test(value))).toEqual([]);
  });

  it('says of each dependency whether the fleet leaves it alone', async () => {
    const store = dynamoBreakerStore({
      table: tables.ATLAS_BREAKERS_TABLE,
      region: 'us-east-1',
      endpoint: testServices().awsEndpoint,
    });
    const isOpen = async (dependency: string) =>
      counterValue(await read(), 'atlas_breaker_open', { dependency });
    // Nobody asks before something has failed, so these processes go on as they did.
    await store.open('postgres-0', { openUntilMs: Date.now() + 5_000, windowMs: 5_000 });
    expect(await isOpen('postgres-0')).toBe(1);
    expect(await isOpen('postgres-1')).toBe(0);
    await store.close('postgres-0');
    expect(await isOpen('postgres-0')).toBe(0);
  });

  it('has what a process had not told yet, once it was told of its end', async () => {
    const [, , ending] = clients as [ApiClient, ApiClient, ApiClient];
    const listed = async () =>
      counterValue(await read(), 'atlas_requests_total', { function: 'list-holds' });
    expect(await listed()).toBe(0);
    for (let i = 0; i < 3; i += 1) await ending.get('/v1/holds');
    processes[2]?.terminate();
    await processes[2]?.ended();
    expect(await listed()).toBe(3);
  });

  it('is for those with the scope alone', async () => {
    const [client] = clients as [ApiClient];
    const refused = await client.get('/v1/ops/metrics');
    expect([refused.status, refused.body.code]).toEqual([403, 'scope-missing']);
  });
});
