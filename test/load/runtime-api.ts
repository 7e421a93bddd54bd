import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type Message, messageReader, messageText } from './http-messages.ts';

export interface Answer {
  readonly kind: 'response' | 'error';
  readonly body: string;
}

export interface RuntimeApi {
  /** host:port, for AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** How many environments have asked for work and got none yet. */
  waiting(): number;
  /** How many events wait for an environment. */
  queued(): number;
  /** Hands the event to the environment that has waited longest, or to the next that asks. */
  invoke(event: string): Promise<Answer>;
  close(): Promise<void>;
}

export const runtimePath = '/2018-06-01/runtime';
const functionTimeoutMs = 30_000;

interface Invocation {
  readonly event: string;
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/** What an environment's request asks for. */
interface Asked {
  readonly kind: 'next' | 'init-error' | 'unknown' | 'response' | 'error';
  /** Of an answer. */
  readonly requestId: string;
}

const parse = (start: string): Asked => {
  const [method, path = ''] = start.split(' ');
  if (!path.startsWith(`${runtimePath}/`)) return { kind: 'unknown', requestId: '' };
  const [first, requestId = '', last] = path.slice(runtimePath.length + 1).split('/');
  if (method === 'GET' && first === 'invocation' && requestId === 'next')
    return { kind: 'next', requestId };
  if (method === 'POST' && first === 'init') return { kind: 'init-error', requestId };
  if (method === 'POST' && first === 'invocation' && (last === 'response' || last === 'error')) {
    return { kind: last, requestId };
  }
  return { kind: 'unknown', requestId: '' };
};

const accepted = messageText('HTTP/1.1 202 Accepted', {});
const notFound = messageText('HTTP/1.1 404 Not Found', {});

/**
 * The Lambda Runtime API on 127.0.0.1, as environments see it: they ask for the next invocation,
 * wait, and send a response or an error. An environment that goes away with an invocation in its
 * hands fails it.
 */
export const runtimeApi = async (): Promise<RuntimeApi> => {
  const idle: Socket[] = [];
  const queue: Invocation[] = [];
  const underWay = new Map<string, { readonly invocation: Invocation; readonly by: Socket }>();
  const sockets = new Set<Socket>();

  const hand = (by: Socket, invocation: Invocation): void => {
    const requestId = randomUUID();
    underWay.set(requestId, { invocation, by });
    const headers = {
      'Content-Type': 'application/json',
      'Lambda-Runtime-Aws-Request-Id': requestId,
      'Lambda-Runtime-Deadline-Ms': Date.now() + functionTimeoutMs,
      'Lambda-Runtime-Invoked-Function-Arn': 'arn:aws:lambda:us-east-1:000000000000:function:bench',
    };
    by.write(messageText('HTTP/1.1 200 OK', headers, invocation.event));
  };

  const serve = (socket: Socket, { start, body }: Message): void => {
    const asked = parse(start);
    if (asked.kind === 'next') {
      const invocation = queue.shift();
      if (invocation === undefined) idle.push(socket);
      else hand(socket, invocation);
    } else if (asked.kind === 'init-error') {
      socket.write(accepted);
      for (const waiting of queue.splice(0))
        waiting.reject(new Error(`the function died: ${body}`));
    } else if (asked.kind === 'unknown') {
      socket.write(notFound);
    } else {
      const found = underWay.get(asked.requestId);
      underWay.delete(asked.requestId);
      socket.write(found === undefined ? notFound : accepted);
      found?.invocation.resolve({ kind: asked.kind, body });
    }
  };

  const leave = (socket: Socket): void => {
    sockets.delete(socket);
    const place = idle.indexOf(socket);
    if (place >= 0) idle.splice(place, 1);
    for (const [requestId, { invocation, by }] of underWay) {
      if (by !== socket) continue;
      underWay.delete(requestId);
      invocation.reject(new Error('the environment went away'));
    }
  };

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    const read = messageReader((message) => serve(socket, message));
    socket.on('data', (chunk) => {
      // The acknowledgement of an answer, and the event that its caller may send upon it, leave as one.
      socket.cork();
      read(chunk);
      queueMicrotask(() => process.nextTick(() => socket.uncork()));
    });
    socket.on('error', () => {});
    socket.on('close', () => leave(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    waiting: () => idle.length,
    queued: () => queue.length,
    invoke: (event) =>
      new Promise((resolve, reject) => {
        const invocation = { event, resolve, reject };
        const socket = idle.shift();
        if (socket === undefined) queue.push(invocation);
        else hand(socket, invocation);
      }),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};
