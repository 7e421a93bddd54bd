import type { Command } from 'commander';
import { type LedgerClient, ledgerClient, type Send } from './import/ledger-client.ts';
import { issueToken } from './issuer.ts';
import { readOutputs } from './outputs.ts';
import { outputsFile } from './paths.ts';
import { localSecrets } from './secrets.ts';

/** Whose ledger, and where; without an address, on the running local platform. */
export interface Connection {
  readonly tenant: string;
  readonly api?: string;
  readonly token?: string;
}

/** The options of a command that is a client of the API. */
export const connection = (command: Command): Command =>
  command
    .option('--tenant <name>', 'whose ledger', 'demo')
    .option('--api <url>', 'default: the running local platform')
    .option('--token <jwt>', 'default: one from the local issuer');

const overHttp =
  (apiUrl: string): Send =>
  async ({ method, path, headers, body }) => {
    const answer = await fetch(`${apiUrl}${path}`, {
      method,
      headers: { ...headers },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      body: text === '' ? undefined : JSON.parse(text),
    };
  };

export const connectTo = async (wishes: Connection): Promise<LedgerClient> => {
  const apiUrl = wishes.api ?? (await readOutputs(outputsFile)).apiUrl;
  const token =
    wishes.token ??
    (await issueToken((await localSecrets('local')).issuerKey, {
      tenant: wishes.tenant,
      scope: 'ledger:read ledger:write',
      hours: 12,
    }));
  return ledgerClient(overHttp(apiUrl), token);
};
