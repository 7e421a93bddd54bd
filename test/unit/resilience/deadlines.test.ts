import { deadlineIn } from '@atlas/domain';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type BlackHole, blackHole } from '../../support/black-hole.ts';

let hole: BlackHole;
const deadlineMs = 300;
/** What a busy machine may add; without a deadline a connection to Postgres is given up after two seconds. */
const slackMs = 1_500;

beforeAll(async () => {
  hole = await blackHole();
  const url = `http://127.0.0.1:${hole.port}`;
  const shard = { host: '127.0.0.1', port: hole.port, database: 'atlas', tls: false };
  for (const [name, value] of Object.entries({
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    ATLAS_SHARDS: JSON.stringify([0, 1].map((id) => ({ id, ...shard }))),
    ATLAS_POSTGRES_USER: 'atlas_api',
    ATLAS_POSTGRES_PASSWORD: 'test',
    ATLAS_BALANCES_TABLE: 'balances',
    ATLAS_CHECKPOINTS_TABLE: 'checkpoints',
    ATLAS_BREAKERS_TABLE: 'breakers',
    ATLAS_METRICS_TABLE: 'metrics',
    ATLAS_IDEMPOTENCY_TABLE: 'idempotency',
    ATLAS_UPLOADS_BUCKET: 'uploads',
    ATLAS_ANCHORS_BUCKET: 'anchors',
    ATLAS_INTAKE_QUEUE_URL: `${url}/000000000000/intake`,
    ATLAS_WEBHOOK_WORKER: 'deliver-webhooks',
    ATLAS_LOGS_STREAM: 'logs',
    POWERTOOLS_METRICS_DISABLED: 'true',
  })) {
    vi.stubEnv(name, value);
  }
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await hole.close();
});

/** What a guard calls silence; the SDK's own errors have no code. */
const silence = ['deadline-exceeded', 'dependency-unavailable', 'unknown-outcome', 'overloaded'];
const context = () => ({ deadline: deadlineIn(Date.now(), deadlineMs) });
const services = '../../../functions/services';
/** On either shard: breakers are by shard, and a few silent calls open one. */
const id = '0192f0c3-06fe-7055-bb02-9e3d5a7c8f16';
const otherId = '0192f0c3-06fe-7c55-bb02-9e3d5a7c8f16';

/** Each call of a port that leaves the process, by the name of what it reaches. */
const calls: Readonly<Record<string, () => Promise<unknown>>> = {
  'a statement of the ledger': async () =>
    (await import(`${services}/ledger.ts`)).ledger().readTransfer('acme', id, context()),
  'a statement of the webhooks': async () =>
    (await import(`${services}/webhooks.ts`)).webhooks().readEndpoint('acme', id, context()),
  'a statement about an intake': async () =>
    (await import(`${services}/intakes.ts`)).intakes().read('acme', otherId, context()),
  'a statement about a proof': async () =>
    (await import(`${services}/audit-proofs.ts`)).auditProofs().read('acme', otherId, context()),
  'the read model': async () =>
    (await import(`${services}/balance-view.ts`)).balanceView().read('acme', id, context()),
  'a checkpoint, read': async () => {
    const position = { group: 'g', topic: 't', partition: 0, incarnation: '' };
    const { checkpoints } = await import(`${services}/checkpoints.ts`);
    return checkpoints().read(position, context());
  },
  'a checkpoint, advanced': async () => {
    const position = { group: 'g', topic: 't', partition: 0, incarnation: '' };
    const { checkpoints } = await import(`${services}/checkpoints.ts`);
    return checkpoints().advance(position, 1n, context());
  },
  'the key of a request that is kept in DynamoDB': async () => {
    const { dynamodbIdempotency } = await import(
      '../../../layers/runtime/src/dynamodb-idempotency.ts'
    );
    const who = { tenant: 'acme', keyHash: 'aa', requestHash: 'bb' };
    const surroundings = {
      ...context(),
      context: { getRemainingTimeInMillis: () => 10_000 } as never,
      guard: (await import(`${services}/guards.ts`)).guardOf('dynamodb-idempotency'),
    };
    return dynamodbIdempotency('post-asset', who, surroundings, async () => {
      throw new Error('nothing is done before the key is claimed');
    });
  },
  'the queue, one message': async () =>
    (await import(`${services}/intake-queue.ts`)).announceIntake(
      { tenant: 'acme', intakeId: id },
      context(),
    ),
  'the queue, many messages': async () =>
    (await import(`${services}/intake-queue.ts`)).announceIntakes(
      [{ tenant: 'acme', intakeId: id }],
      context(),
    ),
  'what the fleet counted': async () =>
    (await import(`${services}/fleet-text.ts`)).fleetText(context()),
  'the stream of the logs': async () =>
    (await import(`${services}/logs/delivery-stream.ts`)).putDocuments(['{}'], context()),
  'an upload': async () => {
    const { readUpload } = await import(`${services}/read-upload.ts`);
    return readUpload('acme', '0f'.repeat(16), 100, context().deadline);
  },
  'an anchor, read': async () =>
    (await import(`${services}/audit-anchors.ts`)).auditAnchors(context()).latest(0),
  'an anchor, written': async () =>
    (await import(`${services}/audit-anchors.ts`)).auditAnchors(context()).put({ shard: 0 }),
  'the worker of webhooks': async () => {
    const { nudgeWorker } = await import(`${services}/nudge-worker.ts`);
    const error = await nudgeWorker(context());
    if (error !== undefined) throw error;
  },
};

describe('a call to what never answers', () => {
  it.each(Object.keys(calls))('is given up at the deadline: %s', async (name) => {
    // Loaded before the clock runs.
    await calls[name]?.().catch(() => {});
    const before = hole.connections();
    const startedMs = performance.now();
    const error = await (calls[name] as () => Promise<unknown>)().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    const tookMs = performance.now() - startedMs;
    expect(error).toBeInstanceOf(Error);
    const { code } = error as { readonly code?: string };
    expect([...silence, undefined]).toContain(code);
    // It was the silence that was waited for, and neither a mistake nor an open breaker.
    expect(hole.connections()).toBeGreaterThan(0);
    expect(tookMs).toBeGreaterThan(deadlineMs * 0.8);
    expect(tookMs).toBeLessThan(deadlineMs + slackMs);
    expect(before).toBeGreaterThan(0);
  });
});
