import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { messageReader } from '../../load/http-messages.ts';
import { type RuntimeApi, runtimeApi, runtimePath } from '../../load/runtime-api.ts';

let api: RuntimeApi;
beforeEach(async () => {
  api = await runtimeApi();
});
afterEach(() => api.close());

const url = (path: string): string => `http://${api.address}${runtimePath}/${path}`;

describe('the Runtime API', () => {
  it('hands an event to an HTTP client, and takes its answer', async () => {
    const answer = api.invoke('{"city":"Zürich"}');
    const next = await fetch(url('invocation/next'));
    const requestId = next.headers.get('lambda-runtime-aws-request-id') ?? '';
    expect(await next.json()).toEqual({ city: 'Zürich' });
    expect(Number(next.headers.get('lambda-runtime-deadline-ms'))).toBeGreaterThan(Date.now());

    const { status } = await fetch(url(`invocation/${requestId}/response`), {
      method: 'POST',
      body: '"Grüezi"',
    });

    expect(status).toBe(202);
    expect(await answer).toEqual({ kind: 'response', body: '"Grüezi"' });
  });

  it('lets an environment wait until there is something to do', async () => {
    const next = fetch(url('invocation/next'));
    await expect.poll(() => api.waiting()).toBe(1);

    const answer = api.invoke('{}');
    const requestId = (await next).headers.get('lambda-runtime-aws-request-id') ?? '';
    await fetch(url(`invocation/${requestId}/error`), { method: 'POST', body: '{}' });

    expect((await answer).kind).toBe('error');
    expect(api.waiting()).toBe(0);
  });

  it('takes no answer twice, and knows no other path', async () => {
    const answer = api.invoke('{}');
    const next = await fetch(url('invocation/next'));
    const requestId = next.headers.get('lambda-runtime-aws-request-id') ?? '';
    const respond = () =>
      fetch(url(`invocation/${requestId}/response`), { method: 'POST', body: '1' });

    expect((await respond()).status).toBe(202);
    expect((await respond()).status).toBe(404);
    expect((await fetch(url('elsewhere'))).status).toBe(404);
    await answer;
  });
});

describe('an execution environment', () => {
  let folder: string;
  let child: ChildProcess | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'atlas-environment-'));
  });
  afterEach(() => {
    child?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  it('serves one invocation after the other, and tells of a handler that throws', async () => {
    writeFileSync(
      join(folder, 'greet.cjs'),
      `exports.handler = async ({ name }, context) => {
         if (name === undefined) throw new TypeError('nobody');
         return { hello: name, inTime: context.getRemainingTimeInMillis() > 0 };
       };`,
    );
    child = fork(join(import.meta.dirname, '..', '..', 'load', 'environment.ts'), [], {
      env: {
        PATH: process.env.PATH,
        AWS_LAMBDA_RUNTIME_API: api.address,
        _HANDLER: `${join(folder, 'greet.cjs')}.handler`,
        BENCH_DATABASE_PORT: '1',
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });

    const first = await api.invoke('{"name":"Ada"}');
    const second = await api.invoke('{}');
    const third = await api.invoke('{"name":"Bob"}');

    expect(JSON.parse(first.body)).toEqual({ hello: 'Ada', inTime: true });
    expect(second.kind).toBe('error');
    expect(JSON.parse(second.body)).toMatchObject({ errorType: 'TypeError' });
    expect(JSON.parse(third.body)).toMatchObject({ hello: 'Bob' });
  });

  it('that goes away with an event in its hands fails it', async () => {
    const answer = api.invoke('{}');
    const next = await fetch(url('invocation/next'));
    expect(next.status).toBe(200);
    const failure = answer.catch((error: Error) => error.message);
    await api.close();

    expect(await failure).toContain('went away');
    api = await runtimeApi();
  });
});

describe('the message reader', () => {
  it('finds the same messages however the bytes are cut', () => {
    const bytes = Buffer.from(
      'POST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\nü=1GET /b HTTP/1.1\r\nHost: x\r\n\r\n',
    );
    for (let size = 1; size <= bytes.length; size += 1) {
      const seen: string[] = [];
      const read = messageReader(({ start, body }) => seen.push(`${start} ${body}`));
      for (let at = 0; at < bytes.length; at += size) read(bytes.subarray(at, at + size));
      expect(seen).toEqual(['POST /a HTTP/1.1 ü=1', 'GET /b HTTP/1.1 ']);
    }
  });
});
