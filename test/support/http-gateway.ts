import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Gateway, WireRequest } from './in-process-gateway.ts';

export interface HttpGateway {
  readonly url: string;
  /** How often each status was answered. */
  readonly statuses: ReadonlyMap<number, number>;
  /** What the handlers answered otherwise than it is described, or threw. */
  readonly faults: readonly string[];
  close(): Promise<void>;
}

/** Longer than what API Gateway takes (10 KiB), so that no request is lost on the way. */
const maxHeaderSize = 256 * 1024;

const bodyOf = async (request: IncomingMessage): Promise<string | null> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return parts.length === 0 ? null : Buffer.concat(parts).toString('utf8');
};

const wireRequest = async (request: IncomingMessage): Promise<WireRequest> => ({
  method: request.method ?? 'GET',
  path: request.url ?? '/',
  headers: Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
  ),
  body: await bodyOf(request),
});

/**
 * The API over HTTP on 127.0.0.1, from handlers in this process. What goes wrong is kept, and is a 500;
 * where `isLost` the connection ends without an answer.
 */
export const httpGateway = async (
  gateway: Gateway,
  port = 0,
  isLost: (error: unknown) => boolean = () => false,
): Promise<HttpGateway> => {
  const statuses = new Map<number, number>();
  const faults: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const wired = await wireRequest(request);
      const { status, headers, text } = await gateway(wired).catch((error: unknown) => {
        if (isLost(error)) throw error;
        faults.push(`${wired.method} ${wired.path} ${wired.body ?? ''}\n${String(error)}`);
        return { status: 500, headers: { 'content-type': 'text/plain' }, text: String(error) };
      });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      response.writeHead(status, headers).end(text);
    } catch {
      // The caller went away while it was read or written, or who would have answered did.
      response.destroy();
    }
  };
  const server = createServer({ maxHeaderSize }, (request, response) => {
    void answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    statuses,
    faults,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
