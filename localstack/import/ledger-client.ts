import { setTimeout as sleep } from 'node:timers/promises';

/** One request to the API, over HTTP or in process; `path` begins with /v1. */
export type Send = (request: {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}) => Promise<{
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AnswerBody | undefined;
}>;

/** What the import reads of any answer. */
export interface AnswerBody {
  readonly accountId?: string;
  readonly holdId?: string | null;
  readonly transferId?: string | null;
  readonly items?: readonly { readonly accountId?: string }[];
  readonly code?: string;
  readonly detail?: string;
  readonly retryable?: boolean;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

export type Answer = Awaited<ReturnType<Send>>;

export interface LedgerClient {
  get(path: string): Promise<Answer>;
  /** Repeats with the same key whatever may succeed later; the last answer otherwise. */
  post(path: string, key: string, body: object): Promise<Answer>;
}

const maxAttempts = 10;

const mayRepeat = (answer: Answer): boolean =>
  answer.status === 429 || answer.status >= 500 || answer.body?.retryable === true;

/** Sends with the token, and repeats with backoff and full jitter, as long as Retry-After asks. */
export const ledgerClient = (send: Send, token: string): LedgerClient => {
  const patiently = async (request: Parameters<Send>[0]): Promise<Answer> => {
    for (let attempt = 1; ; attempt += 1) {
      const last = attempt === maxAttempts;
      let waitMs = Math.random() * Math.min(5_000, 50 * 2 ** attempt);
      try {
        const answer = await send(request);
        if (last || !mayRepeat(answer)) return answer;
        waitMs = Math.max(waitMs, Number(answer.headers['retry-after'] ?? '0') * 1_000);
      } catch (error) {
        if (last) throw error;
      }
      await sleep(waitMs);
    }
  };
  const Authorization = `Bearer ${token}`;
  return {
    get: (path) => patiently({ method: 'GET', path, headers: { Authorization } }),
    post: (path, key, body) =>
      patiently({
        method: 'POST',
        path,
        headers: {
          Authorization,
          'Content-Type': 'application/json',
          'Idempotency-Key': key,
        },
        body: JSON.stringify(body),
      }),
  };
};
