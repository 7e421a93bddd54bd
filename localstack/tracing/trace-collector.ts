import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readExport } from './collected-span.ts';
import { TraceStore } from './trace-store.ts';

export interface TraceCollector {
  readonly url: string;
  readonly store: TraceStore;
  close(): Promise<void>;
}

export interface TraceCollectorOptions {
  /** 0: any that is free. */
  readonly port: number;
  readonly maxTraces: number;
}

const maxBodyBytes = 16 * 1024 * 1024;
const recentTraces = 50;

/**
 * A collector of OTLP over HTTP for this machine, which keeps the last traces in memory. It takes
 * `POST /v1/traces`, and answers `GET /traces` (the newest) and `GET /traces/{traceId}` (the tree).
 */
export const startTraceCollector = async ({
  port,
  maxTraces,
}: TraceCollectorOptions): Promise<TraceCollector> => {
  const store = new TraceStore(maxTraces);
  const server = createServer((request, response) => {
    answer(store, request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else send(response, 400, { error: 'this is no export of traces' });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    store,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const answer = async (
  store: TraceStore,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const { method, url = '' } = request;
  const [, traceId] = /^\/traces\/([0-9a-f]{32})$/.exec(url) ?? [];
  if (method === 'POST' && url === '/v1/traces') {
    store.add(readExport(await bodyOf(request)));
    send(response, 200, { partialSuccess: {} });
  } else if (method === 'GET' && url === '/traces') {
    send(response, 200, { traces: store.recent(recentTraces) });
  } else if (method === 'GET' && traceId !== undefined) {
    const roots = store.treeOf(traceId);
    send(response, roots.length === 0 ? 404 : 200, { traceId, roots });
  } else {
    send(response, 404, { error: 'there is nothing here' });
  }
};

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new RangeError('the export is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
};

const send = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
};
