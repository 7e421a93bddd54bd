import { join } from 'node:path';
import { apiOver } from '../../support/in-process-api.ts';
import { type ServerProcess, serverProcess } from '../../support/server-process.ts';
import { type AnswerLog, observed } from './answer-log.ts';
import type { GroupLoad } from './group-load.ts';
import { httpApi } from './http-api.ts';
import { type IssuerKey, startIssuer, type TestIssuerServer } from './issuer-server.ts';
import type { World } from './world.ts';

/** One more process of the experiment group, which fetches the keys of an issuer of its own. */
export interface SideApi {
  readonly api: ServerProcess;
  readonly issuer: TestIssuerServer;
  /** Reads an account of the group with a token of this key; each subject is another token. */
  readonly read: (key: IssuerKey, subject?: string) => ReturnType<ReturnType<typeof observed>>;
  readonly close: () => Promise<void>;
}

export const sideApi = async (
  world: World,
  { tenant, accounts, answers }: GroupLoad,
): Promise<SideApi> => {
  const issuer = await startIssuer(world.issuer);
  const api = await serverProcess({
    program: join(import.meta.dirname, 'api-program.ts'),
    environment: {
      ...world.environmentOfApi,
      ATLAS_AUTH_JWKS: issuer.jwksUrl,
      NODE_EXTRA_CA_CERTS: issuer.certificateFile,
    },
  });
  // That a withdrawn key is refused is what is to be shown, and no fault that callers met.
  const own: AnswerLog = { ...answers, told: new Map() };
  const client = observed(apiOver(httpApi(api.url)), own, () => []);
  return {
    api,
    issuer,
    read: async (key, subject = 'tester') =>
      client({
        method: 'GET',
        path: `/v1/accounts/${accounts[0]}`,
        headers: { Authorization: `Bearer ${await issuer.token(key, tenant, subject)}` },
      }),
    close: async () => {
      await api.close();
      await issuer.close();
    },
  };
};
