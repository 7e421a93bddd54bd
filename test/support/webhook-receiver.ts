import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly id: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly event: any;
  readonly atMs: number;
  /** Undefined while it is not answered, and where nobody waited for the answer. */
  status: number | undefined;
}

/** Answers a request, at once or later; a number is a status. */
export type Behaviour = (
  received: Received,
  response: ServerResponse,
) => number | undefined | Promise<number | undefined>;

export interface WebhookReceiver {
  readonly url: string;
  /** Everything that arrived, in order. */
  readonly received: readonly Received[];
  /** How many requests were open at once, at most. */
  readonly mostAtOnce: () => number;
  behave(behaviour: Behaviour): void;
  close(): Promise<void>;
}

const textHeaders = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

/** A real HTTP server on this machine that notes what it is sent. */
export const startReceiver = async (host = '127.0.0.1', port = 0): Promise<WebhookReceiver> => {
  const received: Received[] = [];
  let behaviour: Behaviour = () => 200;
  let [open, most] = [0, 0];
  const server = createServer((request, response) => {
    open += 1;
    most = Math.max(most, open);
    response.on('close', () => {
      open -= 1;
    });
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const headers = textHeaders(request.headers);
      const id = headers['webhook-id'] ?? '';
      const event = body.startsWith('{') ? JSON.parse(body) : undefined;
      const one: Received = { id, headers, body, event, atMs: Date.now(), status: undefined };
      received.push(one);
      void Promise.resolve(behaviour(one, response)).then((status) => {
        if (status === undefined) return;
        one.status = status;
        response.statusCode = status;
        response.end('{}');
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  const { port: listening } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${listening}/hook`,
    received,
    mostAtOnce: () => most,
    behave: (next) => {
      behaviour = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** The versions of an account that arrived, in the order of their arrival. */
export const versionsOf = (received: readonly Received[], accountId: string): number[] =>
  received
    .filter(({ event }) => event.data.accountId === accountId)
    .map(({ event }) => Number(event.data.version));
