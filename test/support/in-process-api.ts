import type { Gateway } from './in-process-gateway.ts';

export interface ApiRequest {
  readonly method: string;
  /** With the query, as in a request line. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON; text as it is. */
  readonly body?: unknown;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

export type Api = (request: ApiRequest) => Promise<ApiAnswer>;

const textOf = (body: unknown): string | null => {
  if (body === undefined) return null;
  return typeof body === 'string' ? body : JSON.stringify(body);
};

/** The API as tests call it, over whatever takes its requests. */
export const apiOver =
  (gateway: Gateway): Api =>
  async ({ method, path, headers = {}, body }) => {
    const type = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const request = { method, path, headers: { ...type, ...headers }, body: textOf(body) };
    const answer = await gateway(request);
    const isJson = answer.headers['content-type']?.endsWith('json') === true;
    return {
      status: answer.status,
      headers: answer.headers,
      body: isJson ? JSON.parse(answer.text) : answer.text,
    };
  };
