import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { endpoints } from '../../functions/manifest.ts';
import { describeApi } from '../../functions/openapi.ts';
import { builtFile } from '../../functions/services/built-file.ts';
import { docsPage } from '../../tools/docs-page.ts';
import { apiClient } from '../support/api-client.ts';
import { type HttpGateway, httpGateway } from '../support/http-gateway.ts';
import { startTestApi } from '../support/test-api.ts';
import { uploadFile } from '../support/upload-file.ts';

export interface FuzzTarget {
  readonly url: string;
  readonly token: string;
  /** Of things that are there at the start, by kind. */
  readonly ids: Readonly<Record<string, readonly string[]>>;
  /** What the server itself saw; not known of one that runs elsewhere. */
  readonly seen?: Pick<HttpGateway, 'statuses' | 'faults'>;
  close(): Promise<void>;
}

/** Every scope there is, so that no operation is left at "not allowed". */
const scope = [...new Set(endpoints.flatMap(({ scopes }) => (scopes === 'public' ? [] : scopes)))];

const statement = ['Date,Amount,Text', '2026-10-05,10.00,rent', '2026-10-06,-3.50,food', ''];

/** The handlers in this process behind a port, over databases of their own, with a few things to ask about. */
export const startFuzzTarget = async (): Promise<FuzzTarget> => {
  // As `make bundles` writes them, so that what is asked here is described as it is now.
  const built = { 'openapi.json': JSON.stringify(await describeApi()), 'docs.html': docsPage() };
  for (const [name, text] of Object.entries(built)) {
    mkdirSync(dirname(builtFile(name)), { recursive: true });
    writeFileSync(builtFile(name), text);
  }
  const test = await startTestApi();
  const server = await httpGateway(test.gateway);
  const token = await test.issuer.token({ scope: scope.join(' '), expiresInSeconds: 24 * 60 * 60 });
  const client = apiClient(test.api, token);
  await client.asset('EUR');
  const made = async (name: string, path: string, body: object = {}): Promise<string> => {
    const answer = await client.post(path, body);
    const id: unknown = answer.body?.[name];
    if (typeof id === 'string') return id;
    throw new Error(`POST ${path} made nothing: ${JSON.stringify(answer)}`);
  };
  const account: string[] = [];
  for (let i = 0; i < 10; i += 1) {
    account.push(await client.account({ minBalance: i % 2 === 0 ? null : '0' }));
  }
  const [debitAccountId = '', creditAccountId = ''] = account;
  const order = { debitAccountId, creditAccountId, amount: '1000' };
  const things: Record<string, string[]> = { account, asset: ['EUR'] };
  const keep = async (kind: string, ...call: Parameters<typeof made>) => {
    const known = things[kind] ?? [];
    known.push(await made(...call));
    things[kind] = known;
  };
  // Nobody listens there, and nothing is sent: no job runs beside these handlers.
  const receiver = { url: 'http://127.0.0.1:1/', eventTypes: ['account.monitor.triggered'] };
  const condition = { measure: 'balance', operator: '<', amount: '100' };
  for (let i = 0; i < 5; i += 1) {
    await keep('transfer', 'transferId', '/v1/transfers', { postings: [order] });
    await keep('intake', 'intakeId', '/v1/transfers/async', { postings: [order] });
    await keep('hold', 'holdId', '/v1/holds', order);
    await keep('monitor', 'monitorId', `/v1/accounts/${debitAccountId}/monitors`, condition);
    await keep('endpoint', 'endpointId', '/v1/webhooks/endpoints', receiver);
  }
  const [endpointId] = things.endpoint ?? [];
  await keep('delivery', 'deliveryId', `/v1/webhooks/endpoints/${endpointId}/ping`);
  things.upload = [await uploadFile(client, statement.join('\n'))];
  return {
    url: server.url,
    token,
    ids: things,
    seen: server,
    close: async () => {
      await server.close();
      await test.close();
    },
  };
};
