import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { issueToken } from '../../localstack/issuer.ts';
import type { Outputs } from '../../localstack/outputs.ts';
import type { LocalSecrets } from '../../localstack/secrets.ts';
import type { Api } from './in-process-api.ts';

export interface DeployedApi {
  readonly api: Api;
  readonly outputs: Outputs;
  readonly secrets: LocalSecrets;
  token(wishes?: { readonly tenant?: string; readonly scope?: string }): Promise<string>;
}

/** The API as it is deployed to the emulator, over HTTP. */
export const deployedApi = (): DeployedApi => {
  const file = process.env.ATLAS_E2E_OUTPUTS;
  if (file === undefined) throw new Error('nothing is deployed: run the suite with make test-e2e');
  const outputs = JSON.parse(readFileSync(file, 'utf8')) as Outputs;
  const secretsFile = join(dirname(file), 'secrets.json');
  const secrets = JSON.parse(readFileSync(secretsFile, 'utf8')) as LocalSecrets;
  return {
    outputs,
    secrets,
    token: (wishes = {}) =>
      issueToken(secrets.issuerKey, {
        tenant: wishes.tenant ?? 'acme',
        scope: wishes.scope ?? 'ledger:read ledger:write webhooks:read webhooks:write',
        hours: 1,
      }),
    api: async ({ method, path, headers = {}, body }) => {
      const answer = await fetch(`${outputs.apiUrl}${path}`, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined
          ? {}
          : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await answer.text();
      return {
        status: answer.status,
        headers: Object.fromEntries(answer.headers),
        body: text === '' ? undefined : JSON.parse(text),
      };
    },
  };
};
