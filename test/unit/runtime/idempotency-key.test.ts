import { describe, expect, it } from 'vitest';
import {
  parseIdempotencyKey,
  requestIdentity,
} from '../../../layers/runtime/src/idempotency-key.ts';
import { Problem } from '../../../layers/runtime/src/problem.ts';

const problemOf = (header: string | undefined): string => {
  try {
    return `no problem with ${parseIdempotencyKey(header)}`;
  } catch (error) {
    expect(error).toBeInstanceOf(Problem);
    const { code, detail } = error as Problem;
    expect(detail).toMatch(/^[A-Z].+\.$/);
    return code;
  }
};

describe('an Idempotency-Key', () => {
  it.each([undefined, '', '  '])('is missing when the header is %j', (header) => {
    expect(problemOf(header)).toBe('idempotency-key-missing');
  });

  it.each([
    ['bare', 'abc', 'abc'],
    ['a quoted string, as the draft writes it', '"abc"', 'abc'],
    ['between blanks', '  "abc" ', 'abc'],
    ['a single character', '!', '!'],
    ['any printable character but the quote', '!#$%&~}|', '!#$%&~}|'],
    ['of 255 characters', 'k'.repeat(255), 'k'.repeat(255)],
    ['of 255 characters in quotes', `"${'k'.repeat(255)}"`, 'k'.repeat(255)],
  ])('may be %s', (_, header, key) => {
    expect(parseIdempotencyKey(header)).toBe(key);
  });

  it.each([
    ['of 256 characters', 'k'.repeat(256)],
    ['with a blank', 'a b'],
    ['with a blank in quotes', '"a b"'],
    ['empty in quotes', '""'],
    ['with a quote inside', 'a"b'],
    ['with a quote at its begin alone', '"ab'],
    ['with a quote at its end alone', 'ab"'],
    ['with quotes in quotes', '""a""'],
    ['with something before the quotes', 'a"b"'],
    ['with something after the quotes', '"a"b'],
    ['with a control character', 'a\u0007b'],
    ['beyond ASCII', 'schlüssel'],
    ['with the delete character', 'a\u007f'],
  ])('may not be %s', (_, header) => {
    expect(problemOf(header)).toBe('idempotency-key-malformed');
  });
});

const request = {
  method: 'POST',
  path: '/v1/transfers',
  rawBody: '{}',
  ifMatch: undefined as string | undefined,
};
const hashes = (tenant: string, key: string, changes: Partial<typeof request> = {}) =>
  requestIdentity(tenant, key, { ...request, ...changes });

describe('the identity of a request', () => {
  it('is the same for the same request, in 128 bits', () => {
    const identity = hashes('acme', 'k');
    expect(identity).toEqual(hashes('acme', 'k'));
    expect(identity.tenant).toBe('acme');
    expect(identity.keyHash).toMatch(/^[0-9a-f]{32}$/);
    expect(identity.requestHash).toMatch(/^[0-9a-f]{32}$/);
  });

  it('is what it always was, for keys are kept longer than this program', () => {
    expect(hashes('acme', 'k')).toEqual({
      tenant: 'acme',
      keyHash: '7a6b1582287d5e7c12963f99ccc80c60',
      requestHash: '637fcb8b86f224c82ac388bc02052ef8',
    });
  });

  it.each([
    ['tenant', hashes('globex', 'k')],
    ['key', hashes('acme', 'other')],
    ['place of the boundary between them', hashes('acm', 'ek')],
  ])('has another key hash for another %s', (_, other) => {
    expect(other.keyHash).not.toBe(hashes('acme', 'k').keyHash);
    expect(other.requestHash).toBe(hashes('acme', 'k').requestHash);
  });

  it.each([
    ['method', { method: 'PATCH' }],
    ['path', { path: '/v1/holds' }],
    ['body', { rawBody: '{ }' }],
    ['If-Match', { ifMatch: '"3"' }],
    ['empty If-Match', { ifMatch: '' }],
    ['place of the boundary', { method: 'POST/', path: 'v1/transfers' }],
  ])('has another request hash for another %s', (_, changes) => {
    expect(hashes('acme', 'k', changes).requestHash).not.toBe(hashes('acme', 'k').requestHash);
    expect(hashes('acme', 'k', changes).keyHash).toBe(hashes('acme', 'k').keyHash);
  });

  it('tells one If-Match from another', () => {
    const withMatch = (ifMatch: string) =>
      requestIdentity('acme', 'k', { ...request, ifMatch }).requestHash;
    expect(withMatch('"3"')).not.toBe(withMatch('"4"'));
  });
});
