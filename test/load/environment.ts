/**
 * An execution environment: loads the handler that _HANDLER names (a file and an export) and serves
 * invocations from AWS_LAMBDA_RUNTIME_API, one at a time, as Lambda's runtime does. It sends an
 * answer and asks for the next invocation in one write, so that the loop costs as little as it can.
 *
 * Meanwhile it measures what of each invocation was spent outside the database: from the call of
 * the handler to its answer, less the time from the last byte written to the database's socket to
 * the first byte read from it. So what the driver does with the query and its rows counts as the
 * handler's. The parent asks for these durations by a message.
 */
import { createRequire } from 'node:module';
import { connect, Socket } from 'node:net';
import { type Message, messageReader, messageText } from './http-messages.ts';

const runtimePath = '/2018-06-01/runtime';
const { AWS_LAMBDA_RUNTIME_API: api = '', _HANDLER: named = '', BENCH_DATABASE_PORT } = process.env;
const [host = '', port = ''] = api.split(':');
const databasePort = Number(BENCH_DATABASE_PORT);

let sentMs = 0;
let databaseMs = 0;
let outsideMs: number[] = [];

/** The two methods of a socket through which all bytes pass, to the system and from it. */
type Wire = Record<'_write' | '_writev' | 'push', (...all: unknown[]) => unknown>;

const wire = Socket.prototype as unknown as Wire;
const observe = (method: keyof Wire, note: (socket: Socket) => void): void => {
  const original = wire[method];
  wire[method] = function (this: Socket, ...all: unknown[]) {
    if (this.remotePort === databasePort) note(this);
    return original.apply(this, all);
  };
};
const noteSent = (): void => {
  sentMs = performance.now();
};
observe('_write', noteSent);
observe('_writev', noteSent);
observe('push', () => {
  if (sentMs === 0) return;
  databaseMs += performance.now() - sentMs;
  sentMs = 0;
});

process.on('message', () => {
  process.send?.({ outsideMs });
  outsideMs = [];
});

type Handler = (event: unknown, context: object) => Promise<unknown>;

const request = (path: string, body: string): string =>
  messageText(`POST ${runtimePath}/${path} HTTP/1.1`, { Host: api }, body);
const next = messageText(`GET ${runtimePath}/invocation/next HTTP/1.1`, { Host: api });

const failure = (error: unknown): string => {
  const { name, message, stack } = error as Error;
  return JSON.stringify({ errorType: name, errorMessage: message, stackTrace: [stack] });
};

const invoke = async (handler: Handler, { header, body }: Message): Promise<string> => {
  const awsRequestId = header('lambda-runtime-aws-request-id') ?? '';
  const deadlineMs = Number(header('lambda-runtime-deadline-ms'));
  const context = {
    awsRequestId,
    functionName: 'bench',
    invokedFunctionArn: header('lambda-runtime-invoked-function-arn'),
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
  try {
    const event: unknown = JSON.parse(body);
    databaseMs = 0;
    const startedMs = performance.now();
    const answer = await handler(event, context);
    outsideMs.push(performance.now() - startedMs - databaseMs);
    return request(`invocation/${awsRequestId}/response`, JSON.stringify(answer));
  } catch (error) {
    return request(`invocation/${awsRequestId}/error`, failure(error));
  }
};

const socket = connect(Number(port), host);
socket.setNoDelay(true);
socket.on('error', () => process.exit(1));
socket.on('close', () => process.exit(0));

const load = (): Handler | undefined => {
  const dot = named.lastIndexOf('.');
  try {
    const exported = createRequire(import.meta.url)(named.slice(0, dot)) as Record<string, Handler>;
    return exported[named.slice(dot + 1)];
  } catch (error) {
    socket.end(request('init/error', failure(error)));
    throw error;
  }
};

const handler = load();
if (handler !== undefined) {
  const serve = (message: Message): void => {
    if (!message.start.includes(' 200 ')) return; // An acknowledgement of what was sent before.
    void invoke(handler, message).then((answer) => socket.write(answer + next));
  };
  socket.on('data', messageReader(serve));
  socket.write(next);
}
