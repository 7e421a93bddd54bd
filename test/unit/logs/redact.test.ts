import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact } from '../../../functions/services/logs/redact.ts';

const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJ0ZW5hbnQiOiJhY21lIn0.c2lnbmF0dXJlLW9mLXRoaXM';

/** Each with what must not be read of it afterwards. */
const secrets: readonly (readonly [text: string, secret: string])[] = [
  [jwt, 'eyJ0ZW5hbnQiOiJhY21lIn0'],
  ['Authorization: Bearer abc.def-123', 'abc.def-123'],
  ['authorization=Basic dXNlcjpwYXNz', 'dXNlcjpwYXNz'],
  ['postgres://atlas_api:s3cr3t-word@db.internal:5432/atlas', 's3cr3t-word'],
  ['AKIAIOSFODNN7EXAMPLE', 'AKIAIOSFODNN7EXAMPLE'],
  ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  ['{"password": "hunter2horse"}', 'hunter2horse'],
  ['api_key=0123456789abcdef', '0123456789abcdef'],
  ['X-Amz-Signature=fe5f80f77d5fa3beca038a248ff027', 'fe5f80f77d5fa3beca038a248ff027'],
  ['jane.doe+bank@example.co.uk', 'jane.doe+bank@example.co.uk'],
  ['DE89 3704 0044 0532 0130 00', '3704 0044 0532'],
  ['GB82WEST12345698765432', 'WEST12345698765432'],
  ['4111 1111 1111 1111', '1111 1111'],
  ['Key (tenant, account_id)=(acme, 0192f0c3-06fe) already exists.', '0192f0c3-06fe'],
  ['-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----', 'MIIEvQIBADANBg'],
  ['-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg', 'MIIEvQIBADANBg'],
];

/** Words as they stand around it, none of which is one of the secrets by itself. */
const surrounding = fc
  .array(fc.constantFrom('failed', 'for', 'row 17', '(', ')', ',', 'POST /v1/transfers', '\n', '§'))
  .map((words) => words.join(' '));

describe('redaction', () => {
  it.each(secrets)('takes it out of %s, whatever stands around it', (text, secret) => {
    fc.assert(
      fc.property(surrounding, surrounding, (before, after) => {
        expect(redact(`${before} ${text} ${after}`)).not.toContain(secret);
      }),
    );
  });

  it('changes nothing when it is done twice', () => {
    const piece = fc.oneof(fc.string(), fc.constantFrom(...secrets.map(([text]) => text)));
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const once = redact(pieces.join(' '));
        expect(redact(once)).toBe(once);
      }),
    );
  });

  it.each([
    'request failed',
    'POST /v1/transfers/01a20986-e837-72a9-8b67-26f63f6aa5f0 422 insufficient-funds',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    'record ledger.account.v1/3@10482 failed',
    'at Object.handler (/var/task/index.js:12:34)',
    'The secret of the endpoint was rotated',
    'connect ECONNREFUSED 10.42.0.17:5432',
  ])('leaves what is none as it is: %s', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('takes no longer for a text that was made to take long', () => {
    const size = 100_000;
    const bad = [
      'a'.repeat(size),
      '1'.repeat(size),
      'A'.repeat(size),
      'eyJ'.repeat(size / 3),
      'a@'.repeat(size / 2),
      'a.'.repeat(size / 2),
      '-----BEGIN '.repeat(size / 11),
      'password'.repeat(size / 8),
      'Key ('.repeat(size / 5),
      'a://'.repeat(size / 4),
      'AB12 '.repeat(size / 5),
    ];
    // What is linear takes milliseconds; what is not takes minutes.
    const costOf = (text: string): number => {
      const startedMs = performance.now();
      redact(text);
      return performance.now() - startedMs;
    };
    for (const text of bad) {
      const least = Math.min(...[1, 2].map(() => costOf(text)));
      expect({ text: text.slice(0, 11), isQuick: least < 5_000 }).toEqual({
        text: text.slice(0, 11),
        isQuick: true,
      });
    }
  });
});
