import { randomUUID } from 'node:crypto';
import type { Api, ApiAnswer } from './in-process-api.ts';

/** What a caller of one tenant does, in process or over HTTP. */
export interface ApiClient {
  get(path: string): Promise<ApiAnswer>;
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<ApiAnswer>;
  patch(
    path: string,
    body: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<ApiAnswer>;
  delete(path: string, headers?: Readonly<Record<string, string>>): Promise<ApiAnswer>;
  asset(code: string, scale?: number): Promise<void>;
  account(body?: Readonly<Record<string, unknown>>): Promise<string>;
  transfer(
    debitAccountId: string,
    creditAccountId: string,
    amount: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<ApiAnswer>;
}

const created = (answer: ApiAnswer): ApiAnswer => {
  if (answer.status === 201) return answer;
  throw new Error(`expected 201, got ${answer.status}: ${JSON.stringify(answer.body)}`);
};

export const apiClient = (api: Api, token: string): ApiClient => {
  const Authorization = `Bearer ${token}`;
  const send = (
    method: string,
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ) =>
    api({
      method,
      path,
      body,
      headers: { Authorization, 'Idempotency-Key': randomUUID(), ...headers },
    });
  const client: ApiClient = {
    get: (path) => api({ method: 'GET', path, headers: { Authorization } }),
    post: (path, body, headers) => send('POST', path, body, headers),
    patch: (path, body, headers) => send('PATCH', path, body, headers),
    delete: (path, headers) => send('DELETE', path, undefined, headers),
    asset: async (code, scale = 2) => {
      created(await client.post('/v1/assets', { code, scale }));
    },
    account: async (body = {}) => {
      const wishes = { asset: 'EUR', minBalance: null, ...body };
      return created(await client.post('/v1/accounts', wishes)).body.accountId;
    },
    transfer: (debitAccountId, creditAccountId, amount, headers) =>
      client.post(
        '/v1/transfers',
        { postings: [{ debitAccountId, creditAccountId, amount }] },
        headers,
      ),
  };
  return client;
};
