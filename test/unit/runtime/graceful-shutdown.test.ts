import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A process as Lambda runs one: it says "ready", and then waits for its next invocation. */
const environment = async (program: string, variables: Readonly<Record<string, string>>) => {
  const source = `
    import { atShutdown } from ${JSON.stringify(join(root, 'layers/runtime/src/graceful-shutdown.ts'))};
    ${program}
    setInterval(() => {}, 1_000);
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    env: { PATH: process.env.PATH, ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  await once(child.stdout, 'data');
  return {
    async terminate() {
      const rest = text(child.stdout);
      child.kill('SIGTERM');
      const [code, signal] = await ended;
      return { code, signal, said: await rest };
    },
  };
};

const onLambda = { AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9' };

describe('an execution environment that ends', () => {
  it('closes everything at once, and only then goes', async () => {
    const closing = (name: string) => `
      atShutdown(async () => {
        console.log('closing ${name}');
        await new Promise((resolve) => setTimeout(resolve, 50));
        console.log('closed ${name}');
      });`;
    const one = await environment(closing('a') + closing('b'), onLambda);
    expect(await one.terminate()).toEqual({
      code: 0,
      signal: null,
      said: 'closing a\nclosing b\nclosed a\nclosed b\n',
    });
  });

  it('goes all the same when something fails to close, or never does', async () => {
    const one = await environment(
      `atShutdown(() => Promise.reject(new Error('planted')));
       atShutdown(() => new Promise(() => {}));
       atShutdown(async () => console.log('closed'));`,
      onLambda,
    );
    expect(await one.terminate()).toEqual({ code: 0, signal: null, said: 'closed\n' });
  });

  it('leaves signals to processes that are not of Lambda', async () => {
    const one = await environment(`atShutdown(async () => console.log('closed'));`, {});
    expect(await one.terminate()).toEqual({ code: null, signal: 'SIGTERM', said: '' });
  });
});

/** The Extensions API of Lambda, which answers the question for the next event when it is told to. */
const extensionsApi = async (identifier: string | undefined) => {
  const asked: { readonly what: string; readonly by: string | undefined; readonly body: string }[] =
    [];
  let tellEnd: (() => void) | undefined;
  const isWaiting = Promise.withResolvers<void>();
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const headers = request.headers as Readonly<Record<string, string | undefined>>;
    asked.push({
      what: `${request.method} ${request.url}`,
      by: headers['lambda-extension-name'] ?? headers['lambda-extension-identifier'],
      body: await text(request),
    });
    if (request.url?.endsWith('/register')) {
      if (identifier !== undefined) response.setHeader('Lambda-Extension-Identifier', identifier);
      response.end('{}');
      return;
    }
    tellEnd = () => response.end('{"eventType":"SHUTDOWN","shutdownReason":"spindown"}');
    isWaiting.resolve();
  };
  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    asked,
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    isWaiting: isWaiting.promise,
    end: () => tellEnd?.(),
    close: () => server.close(),
  };
};

const startExtension = (address: string): ChildProcess => {
  const file = join(root, 'layers/shutdown-extension/extensions/atlas-shutdown');
  const child = spawn(file, { env: { AWS_LAMBDA_RUNTIME_API: address }, stdio: 'ignore' });
  children.push(child);
  return child;
};

describe('the extension that makes Lambda tell of the end', () => {
  it('registers for it alone, and waits until it comes', async () => {
    const lambda = await extensionsApi('3d5b-id');
    const child = startExtension(lambda.address);
    const ended = once(child, 'exit');
    await lambda.isWaiting;
    expect(lambda.asked).toEqual([
      {
        what: 'POST /2020-01-01/extension/register',
        by: 'atlas-shutdown',
        body: '{"events":["SHUTDOWN"]}',
      },
      { what: 'GET /2020-01-01/extension/event/next', by: '3d5b-id', body: '' },
    ]);
    expect(child.exitCode).toBeNull();
    lambda.end();
    expect(await ended).toEqual([0, null]);
    lambda.close();
  });

  it('fails when it was not registered', async () => {
    const lambda = await extensionsApi(undefined);
    const [code] = await once(startExtension(lambda.address), 'exit');
    expect(code).toBe(1);
    lambda.close();
  });
});
