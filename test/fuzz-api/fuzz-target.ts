import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describeApi } from '../../functions/openapi.ts';
import { builtFile } from '../../functions/services/built-file.ts';
import { docsPage } from '../../tools/docs-page.ts';
import { apiClient } from '../support/api-client.ts';
import { type HttpGateway, httpGateway } from '../support/http-gateway.ts';
import { startTestApi } from '../support/test-api.ts';

export interface FuzzTarget {
  readonly url: string;
  readonly token: string;
  /** Of things that are there at the start, by kind. */
  readonly ids: Readonly<Record<string, readonly string[]>>;
  /** What the server itself saw; not known of one that runs elsewhere. */
  readonly seen?: Pick<HttpGateway, 'statuses' | 'faults'>;
  close(): Promise<void>;
}

const scope = 'ledger:read ledger:write ops:read ops:write';

/** The handlers in this process behind a port, over databases of their own, with a few things to ask about. */
export const startFuzzTarget = async (): Promise<FuzzTarget> => {
  const built = { 'openapi.json': JSON.stringify(await describeApi()), 'docs.html': docsPage() };
  for (const [name, text] of Object.entries(built)) {
    mkdirSync(dirname(builtFile(name)), { recursive: true });
    writeFileSync(builtFile(name), text);
  }
  const test = await startTestApi();
  const server = await httpGateway(test.gateway);
  const token = await test.issuer.token({ scope, expiresInSeconds: 24 * 60 * 60 });
  const client = apiClient(test.api, token);
  await client.asset('EUR');
  const account: string[] = [];
  for (let i = 0; i < 10; i += 1) {
    account.push(await client.account({ minBalance: i % 2 === 0 ? null : '0' }));
  }
  const [from = '', to = ''] = account;
  const transfer: string[] = [];
  const hold: string[] = [];
  for (let i = 0; i < 5; i += 1) {
    transfer.push((await client.transfer(from, to, '1000')).body.transferId);
    const order = { debitAccountId: from, creditAccountId: to, amount: '10' };
    hold.push((await client.post('/v1/holds', order)).body.holdId);
  }
  return {
    url: server.url,
    token,
    ids: { account, transfer, hold, asset: ['EUR'] },
    seen: server,
    close: async () => {
      await server.close();
      await test.close();
    },
  };
};
