import { Fault } from '@atlas/domain';
import type { Context } from 'aws-lambda';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { documentForm, type LogDocument } from '../../../functions/services/logs/log-document.ts';
import { transformRecord } from '../../../functions/services/logs/transform-record.ts';
import { background } from '../../../layers/runtime/src/background.ts';
import { endpointTelemetry } from '../../../layers/runtime/src/telemetry.ts';
import { linesWrittenBy, logRecord } from '../../support/log-lines.ts';

const group = '/aws/lambda/atlas-eu-prod-post-transfer';
const context = { awsRequestId: 'r-1' } as Context;

const documentsOf = (messages: readonly string[]): readonly LogDocument[] =>
  transformRecord('eu-prod', Buffer.from(logRecord(group, messages), 'base64')).map(
    (line) => JSON.parse(line) as LogDocument,
  );

const documentOf = (message: string): LogDocument => {
  const [first, ...others] = documentsOf([message]);
  expect(others).toEqual([]);
  if (first === undefined) throw new Error(`nothing is left of ${message}`);
  return first;
};

const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJ0ZW5hbnQiOiJhY21lIn0.c2lnbmF0dXJlLW9mLXRoaXM';

beforeAll(() => {
  vi.stubEnv('ATLAS_STAGE', 'eu-prod');
});

describe('the line of a request', () => {
  it('of a real handler becomes a document with flat metrics', async () => {
    const { handler } = await import('../../../functions/api/check-liveness.ts');
    const event = {
      httpMethod: 'GET',
      path: '/v1/health/live',
      headers: {},
      requestContext: { requestId: 'r-7' },
    };
    const lines = await linesWrittenBy(() => handler(event as never, context));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toHaveProperty('_aws');
    const found = documentOf(lines[0] ?? '');
    expect(found).toMatchObject({
      '@timestamp': '2025-11-26T19:00:00.000Z',
      form: documentForm,
      stage: 'eu-prod',
      function: 'post-transfer',
      kind: 'request',
      level: 'INFO',
      method: 'GET',
      path: '/v1/health/live',
      status: 200,
      metrics: { Requests: 1, Faults: 0, Refusals: 0, LatencyMs: expect.any(Number) },
    });
    expect(found).not.toHaveProperty('_aws');
    expect(found.requestId).toEqual(expect.any(String));
  });

  it('of a refused request of a real handler names the problem, and nothing of the token', async () => {
    vi.stubEnv('ATLAS_AUTH_ISSUER', 'https://issuer.local');
    vi.stubEnv('ATLAS_AUTH_AUDIENCE', 'atlas');
    vi.stubEnv('ATLAS_AUTH_JWKS', '{"keys":[]}');
    vi.stubEnv('ATLAS_SHARDS', '[{"id":0,"host":"127.0.0.1","port":1,"database":"a","tls":false}]');
    vi.stubEnv('ATLAS_POSTGRES_USER', 'atlas_api');
    const { handler } = await import('../../../functions/api/read-transfer.ts');
    const path = '/v1/transfers/0192f0c3-06fe-7055-bb02-9e3d5a7c8f16';
    const event = {
      httpMethod: 'GET',
      path,
      headers: { authorization: `Bearer ${jwt}` },
      requestContext: { requestId: 'r-8' },
    };
    const lines = await linesWrittenBy(() => handler(event as never, context));
    const [found] = documentsOf(lines);
    expect(found).toMatchObject({ status: 401, problem: 'unauthenticated', path });
    expect(JSON.stringify(found)).not.toContain('eyJ');
  });

  it('that failed has the error with its causes, without what is secret in it', async () => {
    const cause = new Error('connect to postgres://atlas:hunter2horse@db:5432/atlas failed');
    const error = new Fault('dependency-unavailable', 'the database cannot be reached', { cause });
    const lines = await linesWrittenBy(() =>
      endpointTelemetry('post-transfer').record({
        method: 'POST',
        path: '/v1/transfers',
        status: 503,
        durationMs: 4,
        requestId: 'r-9',
        traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
        tenant: 'acme',
        error,
      }),
    );
    const [failure, metrics] = documentsOf(lines);
    expect(failure).toMatchObject({
      kind: 'log',
      level: 'ERROR',
      message: 'request failed',
      tenant: 'acme',
      error: {
        name: 'Fault',
        code: 'dependency-unavailable',
        message: 'the database cannot be reached',
        cause: { name: 'Error' },
      },
    });
    expect(failure?.error?.stack).toContain('documents.test.ts');
    expect(metrics).toMatchObject({ kind: 'request', metrics: { Faults: 1 } });
    expect(JSON.stringify([failure, metrics])).not.toContain('hunter2horse');
  });

  it('that another logger wrote has no secret of it either', () => {
    const cause = { message: 'connect to postgres://atlas:hunter2horse@db:5432/atlas failed' };
    const error = { name: 'Error', message: `no answer to Bearer ${jwt}`, cause };
    const line = JSON.stringify({ level: 'ERROR', message: 'request failed', error });
    const [found] = documentsOf([line]);
    expect(found?.error).toMatchObject({
      message: 'no answer to Bearer [redacted]',
      cause: { message: 'connect to postgres://[redacted]@db:5432/atlas failed' },
    });
    expect(JSON.stringify(found)).not.toMatch(/hunter2horse|eyJ/);
  });
});

describe('the lines of what nobody waits for', () => {
  it('of a real run become one document each, with what was counted', async () => {
    const run = background({ name: 'measure-outbox', budgetMs: 1_000 }, async (_event, one) =>
      one.count('OutboxWaiting', 17),
    );
    const documents = documentsOf(await linesWrittenBy(() => run({}, context)));
    expect(documents).toMatchObject([
      { kind: 'log', level: 'INFO', message: 'the run ended' },
      { kind: 'run', metrics: { OutboxWaiting: 17, DurationMs: expect.any(Number) } },
    ]);
  });
});

describe('the lines of Lambda', () => {
  const id = '8f5e6a2c-3b1d-4c77-9a35-0d8e2f4b6c10';

  it('that say nothing are left out', () => {
    expect(
      documentsOf([
        'INIT_START Runtime Version: nodejs:24.v12\tRuntime Version ARN: arn:aws:lambda:…\n',
        `START RequestId: ${id} Version: $LATEST\n`,
        `END RequestId: ${id}\n`,
        '\n',
      ]),
    ).toEqual([]);
  });

  it('that report an invocation become numbers', () => {
    const line =
      `REPORT RequestId: ${id}\tDuration: 12.34 ms\tBilled Duration: 13 ms\t` +
      'Memory Size: 1024 MB\tMax Memory Used: 98 MB\tInit Duration: 201.07 ms\t\n';
    expect(documentOf(line)).toMatchObject({
      kind: 'report',
      requestId: id,
      metrics: {
        LambdaDurationMs: 12.34,
        LambdaBilledMs: 13,
        LambdaMemoryMb: 1_024,
        LambdaMaxMemoryMb: 98,
        LambdaInitMs: 201.07,
      },
    });
  });

  it('that tell of a crash keep the reason, without what is secret in it', () => {
    const crash =
      `2026-11-26T18:00:00.123Z\t${id}\tERROR\tInvoke Error \t` +
      '{"errorType":"Error","errorMessage":"password=hunter2horse is wrong"}\n';
    expect(documentOf(crash)).toMatchObject({ kind: 'text', level: 'ERROR', requestId: id });
    expect(documentOf(crash).message).toContain('password=[redacted]');
    expect(documentOf('2026-11-26T18:00:03Z Task timed out after 5.00 seconds')).toMatchObject({
      kind: 'text',
      message: '2026-11-26T18:00:03Z Task timed out after 5.00 seconds',
    });
  });
});

const allowed = new Set([
  ...['@timestamp', 'form', 'eventId', 'stage', 'function', 'kind', 'level', 'message'],
  ...['requestId', 'traceparent', 'method', 'path', 'status', 'tenant', 'problem', 'replayed'],
  ...['dependency', 'metrics', 'error'],
]);

describe('a document', () => {
  it('has nothing but what is on the list, whatever a line says', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (line) => {
        for (const document of documentsOf([JSON.stringify(line)])) {
          expect(Object.keys(document).filter((key) => !allowed.has(key))).toEqual([]);
          expect(document).toMatchObject({ stage: 'eu-prod', function: 'post-transfer' });
        }
      }),
    );
  });

  it('has no secret, in whichever field a line carries it', () => {
    const secret = 'hunter2horsebattery';
    const carriers = [...allowed, 'body', 'headers', 'authorization', '_aws', 'cookie', 'sql'];
    const around = fc.constantFrom(
      (text: string) => text,
      (text: string) => ({ deep: [text] }),
      (text: string) => ({ name: text, message: text, stack: text, cause: { message: text } }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...carriers), around, (field, wrap) => {
        const line = { message: 'x', [field]: wrap(`password=${secret} Bearer ${secret}`) };
        expect(JSON.stringify(documentsOf([JSON.stringify(line)]))).not.toContain(secret);
      }),
    );
  });

  it('is one line of JSON, smaller than a record of the stream may be', () => {
    const long = 'ä\n"'.repeat(300_000);
    const error = { name: long, message: long, stack: long, code: long };
    const line = JSON.stringify({
      message: long,
      tenant: long,
      error: { ...error, cause: { ...error, cause: { ...error, cause: error } } },
    });
    const data = Buffer.from(logRecord(group, [line, long]), 'base64');
    const made = transformRecord('eu-prod', data);
    expect(made).toHaveLength(2);
    for (const one of made) {
      expect(one).not.toContain('\n');
      expect(Buffer.byteLength(one)).toBeLessThan(1_000 * 1_024);
    }
  });

  it('has only metrics that the line declares, and only numbers', () => {
    const line = {
      _aws: {
        Timestamp: 1,
        CloudWatchMetrics: [{ Metrics: [{ Name: 'A' }, { Name: 'B' }, { Name: 'C' }] }],
      },
      A: 1,
      B: 'secret',
      C: [3],
      D: 4,
    };
    expect(documentOf(JSON.stringify(line)).metrics).toEqual({ A: 1, C: 3 });
  });
});

describe('a record', () => {
  it('that CloudWatch sends to see whether somebody is there has no documents', () => {
    const data = Buffer.from(logRecord(group, ['{}'], 'CONTROL_MESSAGE'), 'base64');
    expect(transformRecord('eu-prod', data)).toEqual([]);
  });

  it('that was made a document before passes as it is', () => {
    const [line = ''] = transformRecord(
      'eu-prod',
      Buffer.from(logRecord(group, ['hello']), 'base64'),
    );
    expect(transformRecord('eu-prod', Buffer.from(line))).toEqual([line]);
  });

  it.each([
    ['no JSON', 'hello', 'JSON'],
    ['no document', '{"message":"not redacted by anybody"}', 'neither'],
    ['no log record, although it is compressed', '\u001f\u008bhello', 'compression'],
  ])('that is %s does not pass', (_what, text, why) => {
    expect(() => transformRecord('eu-prod', Buffer.from(text, 'latin1'))).toThrow(why);
  });
});
