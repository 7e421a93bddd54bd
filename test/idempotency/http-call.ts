import type { Answer, Harness, Sent } from './conformance-case.ts';

const timeoutMs = 60_000;

const parsed = (text: string): Answer['body'] => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Answer['body']) : { value };
  } catch {
    return { text };
  }
};

/** One request over HTTP. Throws where no answer comes. */
export const call = async (
  { url, token: own }: Harness,
  { method = 'POST', path = '', key, body, token = own, headers = {} }: Sent,
): Promise<Answer> => {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
      ...(key === null ? {} : { 'Idempotency-Key': key }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    signal: AbortSignal.timeout(timeoutMs),
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return {
    status: answer.status,
    headers: Object.fromEntries(answer.headers),
    body: parsed(await answer.text()),
  };
};
