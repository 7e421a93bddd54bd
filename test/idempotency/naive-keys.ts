import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { WireAnswer } from '../support/described-answers.ts';
import type { Gateway, WireRequest } from '../support/in-process-gateway.ts';

/** What those get wrong who build this themselves. */
export type Flaw =
  | 'forgets keys'
  | 'ignores bodies'
  | 'compares what it parsed'
  | 'forgets refusals'
  | 'keeps what is not well-formed'
  | 'keeps dry runs'
  | 'shares keys between tenants'
  | 'looks before it claims'
  | 'takes quotes for a part of the key'
  | 'does not send the key back';

const patienceMs = 1_000;

interface Kept {
  readonly request: string;
  readonly answer: WireAnswer | 'under way';
}

const problem = (status: number, code: string, headers = {}): WireAnswer => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...headers },
  text: JSON.stringify({ status, code, retryable: status === 409, title: code, detail: code }),
});

const isWellFormed = (key: string | undefined): key is string =>
  key !== undefined && /^("[!#-~]{1,255}"|[!#-~]{1,255})$/.test(key);

/** Refusals are told from requests that are not well-formed, or not allowed, by their status. */
const isKept = (status: number, flaw: Flaw | undefined): boolean => {
  if (status < 400) return true;
  if ([404, 409, 412, 422].includes(status)) return flaw !== 'forgets refusals';
  return flaw === 'keeps what is not well-formed';
};

const headerOf = ({ headers }: WireRequest, name: string): string | undefined =>
  Object.entries(headers).find(([each]) => each.toLowerCase() === name)?.[1];

/**
 * A layer of keys in memory over an API that is sent a fresh key each time, as one would write it in an
 * afternoon. Without a flaw it does what the suite demands, as long as nothing breaks; with one, a case of
 * the suite must find it.
 */
export const naiveKeys = (gateway: Gateway, flaw?: Flaw): Gateway => {
  const kept = new Map<string, Kept>();
  /** Whoever only looks is found out where somebody else looks, too, before he claims. */
  const lookers = new Map<string, { count: number; readonly met: PromiseWithResolvers<void> }>();
  const meetAnother = async (place: string): Promise<void> => {
    const { count, met } = lookers.get(place) ?? { count: 0, met: Promise.withResolvers<void>() };
    lookers.set(place, { count: count + 1, met });
    if (count > 0) met.resolve();
    await Promise.race([met.promise, setTimeout(patienceMs)]);
  };
  return async (request) => {
    const sent = headerOf(request, 'idempotency-key');
    if (request.method === 'GET' || !isWellFormed(sent)) return gateway(request);
    const dry = request.path.includes('dryRun=true');
    const key = flaw === 'takes quotes for a part of the key' ? sent : sent.replaceAll('"', '');
    const tenant = flaw === 'shares keys between tenants' ? '' : headerOf(request, 'authorization');
    const place = `${tenant} ${key}`;
    const body =
      flaw === 'compares what it parsed' && request.body !== null && request.body.endsWith('}')
        ? JSON.stringify(JSON.parse(request.body))
        : request.body;
    const told = flaw === 'ignores bodies' ? '' : `${request.method} ${request.path} ${body}`;
    const echo = flaw === 'does not send the key back' ? {} : { 'idempotency-key': sent };

    const found = kept.get(place);
    if (found !== undefined && flaw !== 'forgets keys' && !dry) {
      if (found.request !== told) return problem(422, 'idempotency-key-reused', echo);
      if (found.answer === 'under way') {
        return problem(409, 'idempotency-key-in-flight', { ...echo, 'retry-after': '1' });
      }
      const { status, headers, text } = found.answer;
      return { status, headers: { ...headers, ...echo, 'idempotency-replayed': 'true' }, text };
    }
    if (flaw === 'looks before it claims') await meetAnother(place);
    else if (!dry) kept.set(place, { request: told, answer: 'under way' });
    const { 'idempotency-key': _theirs, ...others } = request.headers;
    const answer = await gateway({
      ...request,
      headers: { ...others, 'Idempotency-Key': randomUUID() },
    });
    if (isKept(answer.status, flaw) && (!dry || flaw === 'keeps dry runs')) {
      kept.set(place, { request: dry ? told.replace('?dryRun=true', '') : told, answer });
    } else if (!dry) {
      kept.delete(place);
    }
    const { 'idempotency-key': _fresh, ...headers } = answer.headers;
    return { status: answer.status, headers: { ...headers, ...echo }, text: answer.text };
  };
};
