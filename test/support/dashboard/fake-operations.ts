import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FakeFigures, fakeFigures } from './fake-figures.ts';

/** The two addresses that the dashboard asks, over HTTP on 127.0.0.1. */
export interface FakeOperations {
  readonly url: string;
  readonly figures: FakeFigures;
  /** What each dependency answers to readiness, in milliseconds; undefined: it does not. */
  readonly checks: Map<string, number | undefined>;
  /** Answers 503 to everything while it is set. */
  isDown: boolean;
  close(): Promise<void>;
}

/** `mayRead`: whether this token may read the metrics. */
export const fakeOperations = async (
  mayRead: (token: string) => Promise<boolean>,
): Promise<FakeOperations> => {
  const figures = fakeFigures();
  const checks = new Map<string, number | undefined>();
  const health = (): { status: number; body: string } => {
    const all = [...checks].map(([name, latencyMs]) => [
      `${name}:responseTime`,
      [
        {
          status: latencyMs === undefined ? 'fail' : 'pass',
          componentType: 'datastore',
          observedValue: latencyMs ?? 1_500,
          observedUnit: 'ms',
          time: new Date().toISOString(),
        },
      ],
    ]);
    const isWell = [...checks.values()].every((latencyMs) => latencyMs !== undefined);
    const status = isWell ? 'pass' : 'fail';
    const body = JSON.stringify({ status, checks: Object.fromEntries(all) });
    return { status: isWell ? 200 : 503, body };
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const token = (request.headers.authorization ?? '').replace('Bearer ', '');
    if (fake.isDown) response.writeHead(503).end('down');
    else if (request.url === '/v1/health/ready') {
      const { status, body } = health();
      response.writeHead(status, { 'Content-Type': 'application/health+json' }).end(body);
    } else if (request.url !== '/v1/ops/metrics') response.writeHead(404).end();
    else if (!(await mayRead(token).catch(() => false))) response.writeHead(401).end();
    else response.writeHead(200, { 'Content-Type': 'text/plain' }).end(figures.text());
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fake: FakeOperations = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    figures,
    checks,
    isDown: false,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;
};
