import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, CaseContext } from './conformance-case.ts';

export const isReplay = ({ headers }: Answer): boolean =>
  headers['idempotency-replayed'] === 'true';

const tell = ({ status, body }: Answer): string =>
  `${status} ${JSON.stringify(body).slice(0, 300)}`;

/** That it was done now, or that it was done before and is answered again. */
export const assertDone = (
  { subject }: CaseContext,
  answer: Answer,
  how: 'now' | 'before',
): void => {
  assert.equal(answer.status, subject.status, `not a success: ${tell(answer)}`);
  assert.equal(isReplay(answer), how === 'before', `it should have been done ${how}`);
};

export const assertProblem = (answer: Answer, status: number, code: string): void => {
  assert.deepEqual([answer.status, answer.body.code], [status, code], tell(answer));
};

/** A fault: it may be tried again, and says when. */
export const assertFault = (answer: Answer, ...codes: readonly string[]): void => {
  assert.ok(answer.status >= 500, `not a fault: ${tell(answer)}`);
  assert.ok(codes.includes(String(answer.body.code)), `not ${codes.join(' or ')}: ${tell(answer)}`);
  assert.equal(answer.body.retryable, true);
  assert.match(answer.headers['retry-after'] ?? '', /^[0-9]+$/);
};

export const assertEffects = async (
  { subject }: CaseContext,
  mark: string,
  expected: number,
): Promise<void> => {
  assert.equal(await subject.effects(mark), expected, 'the number of effects');
};

/** The same answer but for what belongs to a request: its id. */
export const assertSameAnswer = (again: Answer, first: Answer): void => {
  const { requestId: _again, ...told } = again.body;
  const { requestId: _first, ...known } = first.body;
  assert.deepEqual([again.status, told], [first.status, known]);
  assert.equal(again.headers.location, first.headers.location);
};

const patienceMs = 20_000;

/** Asks again while the first request counts as under way, as its Retry-After says. */
export const untilSettled = async (ask: () => Promise<Answer>): Promise<Answer> => {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer.body.code !== 'idempotency-key-in-flight' || Date.now() > deadline) return answer;
    await sleep(Number(answer.headers['retry-after'] ?? '1') * 250);
  }
};
