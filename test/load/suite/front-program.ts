/**
 * API Gateway and Lambda as far as load is concerned, in a process of their own: takes requests over HTTP,
 * stamps the time, and hands each to a free execution environment of its function. Reserved concurrency is how
 * many there are. When all are busy requests wait, and so get old; when too many wait, whatever comes is refused
 * at once, in the words in which the API's gateway refuses. The limit is one for all functions, as a stage's is:
 * so what is served is the mix that is asked for.
 */
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { openSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { ask, pidsOf, startChildren } from '../children.ts';
import { type Message, messageReader, messageText } from '../http-messages.ts';
import { type RuntimeApi, runtimeApi } from '../runtime-api.ts';
import { proxyEvent } from './proxy-event.ts';
import { exchangeHeader } from './routes.ts';

export interface FrontPlan {
  /** Of each function: its bundle and its reserved concurrency. */
  readonly functions: Readonly<
    Record<string, { readonly file: string; readonly environments: number }>
  >;
  readonly environment: Readonly<Record<string, string>>;
  readonly databasePort: number;
  /** Where functions write their errors; under overload there are many. */
  readonly errorLog: string;
}

/** What the front can be told or asked; each is answered. */
export type FrontOrder =
  /** How many requests may wait in all; null: as many as come. */
  | { readonly kind: 'limit'; readonly waiting: number | null }
  /** Takes each request for one that came so long ago. */
  | { readonly kind: 'age'; readonly ageMs: number }
  /** How often functions were called, and how long each call took outside Postgres, since the last time. */
  | { readonly kind: 'durations' };

interface Pool {
  readonly api: RuntimeApi;
  readonly environments: readonly ChildProcess[];
}

/**
 * Of environments. What stands before them is another machine's work on AWS, and must not wait here until they
 * have had their turn: an environment that is done is idle until the front hands it the next request.
 */
const niceness = 5;

const plan = JSON.parse(process.env.LOAD_FRONT ?? '{}') as FrontPlan;
const errors = openSync(plan.errorLog, 'a');
const pools = new Map<string, Pool>();
for (const [name, { file, environments }] of Object.entries(plan.functions)) {
  const api = await runtimeApi();
  const children = startChildren(
    join(import.meta.dirname, '..', 'environment.ts'),
    environments,
    {
      ...plan.environment,
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_RUNTIME_API: api.address,
      _HANDLER: `${file}.handler`,
      BENCH_DATABASE_PORT: String(plan.databasePort),
    },
    // One line a request is written, as on Lambda, and not kept.
    openSync('/dev/null', 'w'),
    errors,
  );
  for (const pid of pidsOf(children)) setPriority(pid, niceness);
  pools.set(name, { api, environments: children });
}
let mostWaiting = Number.POSITIVE_INFINITY;
let pretendedAgeMs = 0;

interface LambdaAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const problem = (status: number, code: string, retryable: boolean): LambdaAnswer => ({
  statusCode: status,
  headers: {
    'Content-Type': 'application/problem+json',
    ...(retryable ? { 'Retry-After': '1' } : {}),
  },
  body: JSON.stringify({
    type: `urn:atlas:problem:${code}`,
    status,
    detail: 'The gateway answered this request itself.',
    code,
    retryable,
  }),
});
const throttled = problem(429, 'too-many-requests', true);
const notFound = problem(404, 'route-not-found', false);
const broken = problem(504, 'unknown-outcome', true);

const waitingInAll = (): number => {
  let sum = 0;
  for (const { api } of pools.values()) sum += api.queued();
  return sum;
};

const serve = (message: Message): LambdaAnswer | Promise<LambdaAnswer> => {
  if (waitingInAll() >= mostWaiting) return throttled;
  const routed = proxyEvent(message, randomUUID(), Date.now() - pretendedAgeMs);
  const pool = routed === undefined ? undefined : pools.get(routed.name);
  if (routed === undefined || pool === undefined) return notFound;
  return pool.api.invoke(routed.event).then(
    ({ kind, body }) => (kind === 'error' ? broken : (JSON.parse(body) as LambdaAnswer)),
    () => broken,
  );
};

const write = (socket: Socket, exchange: string, answer: LambdaAnswer): void => {
  if (socket.destroyed) return;
  const headers = { ...answer.headers, [exchangeHeader]: exchange };
  socket.write(messageText(`HTTP/1.1 ${answer.statusCode} -`, headers, answer.body));
};

const server = createServer({ noDelay: true }, (socket) => {
  const read = messageReader((message) => {
    const exchange = message.header(exchangeHeader) ?? '';
    const answer = serve(message);
    if (answer instanceof Promise) void answer.then((one) => write(socket, exchange, one));
    else write(socket, exchange, answer);
  });
  socket.on('data', (chunk) => {
    // What is refused at once goes out in one write.
    socket.cork();
    read(chunk);
    socket.uncork();
  });
  socket.on('error', () => {});
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

const environmentsOf = (): ChildProcess[] =>
  [...pools.values()].flatMap(({ environments }) => environments);

const obey = async (order: FrontOrder): Promise<unknown> => {
  if (order.kind === 'limit') {
    mostWaiting = order.waiting ?? Number.POSITIVE_INFINITY;
    return {};
  }
  if (order.kind === 'age') {
    pretendedAgeMs = order.ageMs;
    return {};
  }
  const reports = await Promise.all(
    environmentsOf().map((child) => ask<{ outsideMs: number[] }>(child, { report: true })),
  );
  return { outsideMs: reports.flatMap(({ outsideMs }) => outsideMs) };
};

process.on('message', (order: FrontOrder) => {
  void obey(order).then((answer) => process.send?.(answer));
});
// Environments end when the Runtime API goes away.
process.on('disconnect', () => process.exit(0));
process.send?.({
  port: (server.address() as AddressInfo).port,
  pids: pidsOf(environmentsOf()),
});
