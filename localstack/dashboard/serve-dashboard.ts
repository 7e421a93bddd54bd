import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DashboardState } from './dashboard-state.ts';
import { pageFiles } from './page-files.ts';

export interface ServedDashboard {
  readonly url: string;
  close(): Promise<void>;
}

/** Nothing is loaded from elsewhere, and nobody else may show the page in his. */
const headers = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
} as const;

/** A page elsewhere whose name was pointed at this machine asks by that name. */
const isLocal = ({ headers: { host = '' } }: IncomingMessage): boolean =>
  /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(host);

/** Serves the page and `GET /api/state`, on 127.0.0.1 only. Port 0: any that is free. */
export const serveDashboard = async (
  state: () => DashboardState,
  port: number,
): Promise<ServedDashboard> => {
  const files = await pageFiles();
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const send = (status: number, type: string, body: string): void => {
      response
        .writeHead(status, { ...headers, 'Content-Type': `${type}; charset=utf-8` })
        .end(body);
    };
    const path = request.url ?? '/';
    const file = files.get(path);
    if (!isLocal(request)) send(421, 'text/plain', 'ask for 127.0.0.1');
    else if (request.method !== 'GET') send(405, 'text/plain', 'only GET');
    else if (path === '/api/state') send(200, 'application/json', JSON.stringify(state()));
    else if (file === undefined) send(404, 'text/plain', 'there is nothing here');
    else send(200, file.type, file.body);
  };
  const server = createServer(answer);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
