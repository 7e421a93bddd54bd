import { redactNumbers } from './redact-numbers.ts';

const removed = '[redacted]';

/** What may be a secret or name a person, wherever it stands in a text, and what is left of it. */
const patterns: readonly (readonly [pattern: RegExp, left: string])[] = [
  [/-----BEGIN [A-Z ]{0,40}-----(?:[^-]|-(?!----END))*(?:-----END [A-Z ]{0,40}-----)?/g, removed],
  [/\beyJ[\w-]{4,}\.[\w-]+(?:\.[\w-]*)?/g, removed],
  [/\b(bearer|basic|digest)\s+[\w.~+/=:-]{4,}/gi, `$1 ${removed}`],
  [/(\b[a-z][a-z\d+.-]{0,30}:\/\/)[^\s/@]+@/gi, `$1${removed}@`],
  [/\b(?:AKIA|ASIA)[A-Z\d]{16}\b/g, removed],
  [/\bwhsec_[\w+/=]+/g, removed],
  [
    /\b([\w-]{0,40}(?:password|passwd|pwd|secret|token|api[_-]?key|authorization|signature)[\w-]{0,20})(["']?\s{0,4}[:=]\s{0,4}["']?)(?!\[redacted\])[^\s"',;&}\]]+/gi,
    `$1$2${removed}`,
  ],
  // Postgres names the values of a key that it did not like.
  [/\b(Key \([^()]{1,200}\)=)\([^()]{0,2000}\)/g, `$1(${removed})`],
  [/[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g, removed],
];

/**
 * A text without credentials, addresses of persons, and numbers of accounts at banks and of cards. Each
 * pattern has an end, so that no text takes long. Doing it twice changes nothing.
 */
export const redact = (text: string): string =>
  redactNumbers(
    patterns.reduce((left, [pattern, by]) => left.replaceAll(pattern, by), text),
    removed,
  );
