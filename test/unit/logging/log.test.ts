import { Fault } from '@atlas/domain';
import { background, ConfigurationError, inScope, log, reportTrouble } from '@atlas/runtime';
import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { capturedOutput } from '../../support/captured-output.ts';
import { ask, endpointThatAsks, failingTimes } from '../../support/traced-endpoint.ts';

const output = capturedOutput();
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const scope = { requestId: 'q-1', traceparent: `00-${traceId}-00f067aa0ba902b7-00` };

const onlyLine = () => {
  const [line = {}, ...others] = output.lines();
  expect(others).toEqual([]);
  return line;
};

describe('a log line', () => {
  it('has its message, its fields, and the ids of the request and the trace', () => {
    inScope(scope, () => log.info('the run ended', { applied: 3, function: 'project-balances' }));
    expect(onlyLine()).toMatchObject({
      ...{ level: 'INFO', message: 'the run ended', service: 'atlas', requestId: 'q-1', traceId },
      ...{ applied: 3, function: 'project-balances' },
    });
  });

  it('has neither the value nor the name of what it may not say, and says how much that is', () => {
    const fields = { applied: 3, password: 'hunter2', 'hunter2@example.com': 1, tenant: undefined };
    log.info('the run ended', fields as object);
    const line = onlyLine();
    expect(line).toMatchObject({ applied: 3, redacted: 2 });
    expect(Object.keys(line)).not.toContain('password');
    expect(output.text()).not.toContain('hunter2');
  });

  it.each([
    ['status', '200'],
    ['status', Number.NaN],
    ['replayed', 'true'],
    ['endpoint', 'POST /v1/transfers'],
    ['tenant', 'alice@example.com'],
    ['tenant', '4111111111111111'],
    ['key', 'DE89370400440532013000'],
    ['requestId', 'eyJhbGciOiJIUzI1NiJ9.e30.c2VjcmV0'],
    ['path', '/v1/transfers?token=1'],
    ['traceparent', 'nonsense'],
    ['applied', { nested: 'hunter2' }],
    ['tenant', ['acme']],
  ])('says nothing of %s where it is %j', (field, value) => {
    log.info('the run ended', { [field]: value } as object);
    expect(onlyLine()).toMatchObject({ redacted: 1 });
    expect(onlyLine()).not.toHaveProperty(field);
  });

  it('quotes the errors that are ours, and of others tells class, code and places', () => {
    const cause = Object.assign(new TypeError('password=hunter2'), {
      ...{ code: '28P01', detail: 'hunter2', routine: 'auth_failed' },
    });
    log.error('request failed', new Fault('dependency-unavailable', 'down', { cause }));
    const { error } = onlyLine();
    expect(error).toMatchObject({
      ...{ name: 'Fault', code: 'dependency-unavailable', message: 'down' },
      cause: { name: 'TypeError', code: '28P01' },
    });
    expect((error as { cause: object }).cause).not.toHaveProperty('message');
    expect((error as { stack: string[] }).stack[0]).toMatch(/^at .*log\.test\.ts:\d+:\d+\)?$/);
    expect(output.text()).not.toContain('hunter2');
  });

  it('says which setting is missing', () => {
    log.error('request failed', new ConfigurationError('ATLAS_SHARDS: is not JSON'));
    expect(onlyLine().error).toMatchObject({ message: 'ATLAS_SHARDS: is not JSON' });
  });

  it('is not written with a message that is put together', () => {
    const secret: string = 'hunter2';
    // @ts-expect-error: it could be anything
    const written = () => log.info(secret);
    // @ts-expect-error: it could have anything in it
    const put = () => log.info(`it is ${secret}`);
    // @ts-expect-error: numbers belong into fields, too
    const counted = () => log.error(`row ${Math.random()} failed`, undefined);
    expect([written, put, counted]).toHaveLength(3);
  });
});

describe('the lines of one request', () => {
  beforeEach(() => {
    vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('have its ids, each of them', async () => {
    await ask(endpointThatAsks(failingTimes(100)), { traceparent: scope.traceparent });
    const lines = output.lines();
    expect(lines.length).toBeGreaterThanOrEqual(2);
    for (const line of lines) expect(line).toMatchObject({ requestId: 'q-1', traceId });
  });

  it('have them in runs that no caller waits for, whatever tells', async () => {
    const work = background({ name: 'sweep', budgetMs: 1_000 }, async (_event, run) => {
      run.fault('a record failed', new Error('hunter2'), { offset: 7 });
      reportTrouble(
        'IntakesUnannounced',
        'the message of an intake was not sent',
        new Error('hunter2'),
      );
      run.count('HoldsExpired', 1);
      run.note({ applied: 1 });
    });
    await work({}, { awsRequestId: 'r-1' } as Context);
    const lines = output.lines();
    expect(lines.map((line) => line.message).filter(Boolean)).toEqual([
      'a record failed',
      'the message of an intake was not sent',
      'the run ended',
    ]);
    expect(lines).toHaveLength(5);
    const [{ traceId: ofRun } = {}] = lines;
    expect(ofRun).toMatch(/^[0-9a-f]{32}$/);
    for (const line of lines) expect(line).toMatchObject({ requestId: 'r-1', traceId: ofRun });
    expect(output.text()).not.toContain('hunter2');
  });

  it('and what Lambda logs of a run that failed, say nothing of the cause but its kind', async () => {
    const work = background({ name: 'sweep', budgetMs: 1_000 }, async () => {
      throw Object.assign(new Error('hunter2'), { code: 'ECONNREFUSED' });
    });
    const failed = work({}, { awsRequestId: 'r-1' } as Context);
    await expect(failed).rejects.toThrow(/^sweep failed: ECONNREFUSED$/);
    await expect(failed).rejects.not.toHaveProperty('cause');
    expect(output.lines()[0]).toMatchObject({ level: 'ERROR', error: { code: 'ECONNREFUSED' } });
  });
});
