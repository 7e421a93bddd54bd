import { describe, expect, it } from 'vitest';
import { answerCheck, type WireAnswer } from '../../support/described-answers.ts';

const check = await answerCheck();

const headers = {
  'content-type': 'application/health+json',
  'x-request-id': 'b5cf2f3e-5d52-4b5c-8c9e-2f1d6f0a7d11',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00',
};
const answer: WireAnswer = { status: 200, headers, text: '{"status":"pass"}' };
const problem = (code: string): WireAnswer => ({
  status: 404,
  headers: { ...headers, 'content-type': 'application/problem+json' },
  text: JSON.stringify({
    type: `urn:atlas:problem:${code}`,
    title: 'There is no such account',
    status: 404,
    detail: 'There is no account.',
    instance: '/v1/accounts/x',
    code,
    retryable: false,
    requestId: 'x',
  }),
});

describe('an answer that is held to the description', () => {
  it('passes when it is what it should be', () => {
    expect(check('check-liveness', answer)).toEqual([]);
    expect(check('read-account', problem('account-not-found'))).toEqual([]);
  });

  it.each<[string, string, WireAnswer, RegExp]>([
    ['of another status', 'check-liveness', { ...answer, status: 202 }, /status 202/],
    ['with another body', 'check-liveness', { ...answer, text: '{"status":"fine"}' }, /constant/],
    [
      'with a member too many',
      'check-liveness',
      { ...answer, text: '{"status":"pass","x":1}' },
      /additional/,
    ],
    [
      'of another type',
      'check-liveness',
      { ...answer, headers: { ...headers, 'content-type': 'text/plain' } },
      /type "text/,
    ],
    [
      'with a header that nobody described',
      'check-liveness',
      { ...answer, headers: { ...headers, 'atlas-secret': '1' } },
      /atlas-secret/,
    ],
    [
      'without a header',
      'check-liveness',
      {
        ...answer,
        headers: { 'content-type': 'application/health+json', traceparent: headers.traceparent },
      },
      /lacks the header X-Request-Id/,
    ],
    [
      'with a malformed header',
      'check-liveness',
      { ...answer, headers: { ...headers, traceparent: '00' } },
      /pattern/,
    ],
    [
      'with a problem that is not listed',
      'read-account',
      problem('hold-not-found'),
      /allowed values/,
    ],
    ['of an operation that is not described', 'read-nothing', answer, /not described/],
  ])('is found out %s', (_what, operation, wrong, complaint) => {
    expect(check(operation, wrong).join('\n')).toMatch(complaint);
  });
});
