import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { problemKinds } from '@atlas/runtime';
import type { Api, ApiAnswer } from '../../support/in-process-api.ts';

/** What callers were told, and what of it they should never have been. */
export interface AnswerLog {
  /** How often each problem came, by code; `no-answer` where the connection ended without one. */
  readonly told: Map<string, number>;
  /** Answers with 2xx. */
  served: number;
  /** Errors that are no documented problem. */
  readonly undocumented: string[];
  /** Successful answers with something of another tenant. */
  readonly leaked: string[];
}

const problemPages = join(import.meta.dirname, '..', '..', '..', 'docs', 'problems');

/** Why an answer with a status of 400 and above is no documented problem; undefined: it is one. */
export const undocumentedBecause = ({ status, headers, body }: ApiAnswer): string | undefined => {
  const type = headers['content-type'] ?? '';
  if (!type.startsWith('application/problem+json')) return `the type is "${type}"`;
  const code = String(body?.code);
  const known = Object.hasOwn(problemKinds, code)
    ? problemKinds[code as keyof typeof problemKinds]
    : undefined;
  if (known === undefined) return `nobody knows the code ${code}`;
  if (known.status !== status) return `${code} has the status ${known.status}`;
  if (body.type !== `urn:atlas:problem:${code}`) return `the type of the problem is ${body.type}`;
  return existsSync(join(problemPages, `${code}.md`)) ? undefined : `${code} has no page`;
};

export const newAnswerLog = (): AnswerLog => ({
  told: new Map(),
  served: 0,
  undocumented: [],
  leaked: [],
});

/**
 * An API whose answers are looked at as they pass. `foreign`: ids of other tenants, which no successful
 * answer may have.
 */
export const observed =
  (api: Api, log: AnswerLog, foreign: () => Iterable<string>): Api =>
  async (request) => {
    const count = (code: string) => log.told.set(code, (log.told.get(code) ?? 0) + 1);
    const what = `${request.method} ${request.path}`;
    let answer: ApiAnswer;
    try {
      answer = await api(request);
    } catch (error) {
      count('no-answer');
      throw error;
    }
    if (answer.status >= 400) {
      count(String(answer.body?.code ?? answer.status));
      const reason = undocumentedBecause(answer);
      const shown = JSON.stringify(answer.body)?.slice(0, 500);
      if (reason !== undefined) {
        log.undocumented.push(`${what} answered ${answer.status}: ${reason}: ${shown}`);
      }
      return answer;
    }
    log.served += 1;
    const text = JSON.stringify(answer.body) ?? '';
    for (const id of foreign()) {
      if (text.includes(id)) log.leaked.push(`${what} answered with ${id} of another tenant`);
    }
    return answer;
  };
