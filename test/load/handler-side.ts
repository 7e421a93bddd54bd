import { randomUUID } from 'node:crypto';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { testIssuer } from '../support/tokens.ts';
import type { BenchDatabase } from './bench-database.ts';
import { ask, pidsOf, startChildren, stopChildren } from './children.ts';
import { drawPosting, type Shape, tenant } from './posting-calls.ts';
import { cpuOf } from './process-cpu.ts';
import { runtimeApi } from './runtime-api.ts';
import type { Side } from './side.ts';
import { durations, record } from './statistics.ts';

const build = join(import.meta.dirname, '..', '..', '.atlas', 'build');

/** What a function's environment holds, as the stacks would set it; see layers/runtime/src/config.ts. */
export const functionEnvironment = (
  { shard }: BenchDatabase,
  auth: { readonly issuer: string; readonly audience: string; readonly jwks: string },
): Record<string, string> => {
  const { id, host, port, database, user, password, tls } = shard;
  return {
    ATLAS_STAGE: 'test',
    ATLAS_SHARDS: JSON.stringify([{ id, host, port, database, tls }]),
    ATLAS_POSTGRES_USER: user,
    ATLAS_POSTGRES_PASSWORD: password,
    ATLAS_POSTGRES_NAMED_STATEMENTS: 'true',
    ATLAS_AUTH_ISSUER: auth.issuer,
    ATLAS_AUTH_AUDIENCE: auth.audience,
    ATLAS_AUTH_JWKS: auth.jwks,
    AWS_LAMBDA_FUNCTION_NAME: 'bench',
    AWS_REGION: 'us-east-1',
    POWERTOOLS_SERVICE_NAME: 'atlas',
    POWERTOOLS_METRICS_NAMESPACE: 'Atlas',
  };
};

/** What differs from one event to the next, in the order in which the event names them. */
const blanks = ['KEY', 'REQUEST', 'DEBIT', 'CREDIT'] as const;

/**
 * API Gateway's proxy event of a transfer, as text. All but the ids is put together once: the generator
 * shares the processors with what is measured.
 */
const eventMaker = (token: string): ((shape: Shape) => string) => {
  const [key, request, debit, credit] = blanks;
  const parts = JSON.stringify({
    resource: '/v1/transfers',
    path: '/v1/transfers',
    httpMethod: 'POST',
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': key,
      'X-Forwarded-For': '127.0.0.1',
    },
    queryStringParameters: null,
    pathParameters: null,
    stageVariables: null,
    requestContext: {
      accountId: '000000000000',
      httpMethod: 'POST',
      path: '/test/v1/transfers',
      resourcePath: '/v1/transfers',
      stage: 'test',
      identity: { sourceIp: '127.0.0.1', userAgent: 'bench' },
      requestId: request,
    },
    body: JSON.stringify({
      postings: [{ debitAccountId: debit, creditAccountId: credit, amount: '1' }],
    }),
    isBase64Encoded: false,
  }).split(new RegExp(`(?<=")(?:${blanks.join('|')})(?=\\\\?")`));
  if (parts.length !== blanks.length + 1) throw new Error('the event has other blanks');
  return (shape) => {
    const posting = drawPosting(shape);
    const id = randomUUID();
    const [head, ...tails] = parts;
    const filled = [id, id, posting.debit, posting.credit];
    return head + tails.map((tail, i) => `${filled[i]}${tail}`).join('');
  };
};

/**
 * The built post-transfer in `count` environments behind a Runtime API, each kept busy. An answer
 * other than 201 stops the bench.
 */
export const handlerSide = async (database: BenchDatabase, count: number): Promise<Side> => {
  const issuer = await testIssuer();
  const makeEvent = eventMaker(await issuer.token({ tenant, expiresInSeconds: 3_600 }));
  const api = await runtimeApi();
  const environments = startChildren(
    join(import.meta.dirname, 'environment.ts'),
    count,
    {
      ...functionEnvironment(database, issuer),
      AWS_LAMBDA_RUNTIME_API: api.address,
      _HANDLER: join(build, 'bundled', 'post-transfer', 'index.handler'),
      BENCH_DATABASE_PORT: String(database.shard.port),
    },
    // One line a request is written, as on Lambda, and not kept.
    openSync('/dev/null', 'w'),
  );
  const loop = async (shape: Shape, endMs: number, latencies = durations()) => {
    for (let sentMs = performance.now(); sentMs < endMs; ) {
      const { kind, body } = await api.invoke(makeEvent(shape));
      if (kind === 'error' || !body.startsWith('{"statusCode":201,')) {
        throw new Error(`not posted: ${body}`);
      }
      const nowMs = performance.now();
      record(latencies, nowMs - sentMs);
      sentMs = nowMs;
    }
  };
  return {
    cpu: cpuOf(pidsOf(environments)),
    async run(shape, durationMs) {
      const latencies = durations();
      const startedMs = performance.now();
      const endMs = startedMs + durationMs;
      await Promise.all(environments.map(() => loop(shape, endMs, latencies)));
      const elapsedMs = performance.now() - startedMs;
      const outside = await Promise.all(
        environments.map((child) => ask<{ outsideMs: number[] }>(child, { report: true })),
      );
      return {
        transfers: latencies.totalCount,
        elapsedMs,
        latencies,
        outsideMs: outside.flatMap(({ outsideMs }) => outsideMs),
      };
    },
    async close() {
      await stopChildren(environments);
      await api.close();
    },
  };
};
