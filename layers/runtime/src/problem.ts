import { told } from '@atlas/domain';

/**
 * Every failure the API can answer with, as RFC 9457 problems. The registry is closed: a code has
 * its status, title and retry hint here, and its page in docs/problems/.
 */
interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** Whether the same request, with the same key, may succeed later without being changed. */
  readonly retryable: boolean;
}

const kind = (status: number, title: string, retryable = false): ProblemKind => ({
  status,
  title,
  retryable,
});

export const problemKinds = {
  'validation-failed': kind(400, 'The request is not well-formed'),
  'malformed-json': kind(400, 'The body is not JSON'),
  'idempotency-key-missing': kind(400, 'An Idempotency-Key header is needed'),
  'idempotency-key-malformed': kind(400, 'The Idempotency-Key header is malformed'),
  'if-match-malformed': kind(400, 'The If-Match header is malformed'),
  'consistency-unsupported': kind(400, 'This consistency level is not supported here'),
  'cursor-invalid': kind(400, 'The cursor was not made by this list'),
  unauthenticated: kind(401, 'A valid token is needed'),
  'scope-missing': kind(403, 'The token does not carry the scope that this needs'),
  forbidden: kind(403, 'This is not allowed'),
  'account-not-found': kind(404, 'There is no such account'),
  'hold-not-found': kind(404, 'There is no such hold'),
  'transfer-not-found': kind(404, 'There is no such transfer'),
  'webhook-endpoint-not-found': kind(404, 'There is no such webhook endpoint'),
  'monitor-not-found': kind(404, 'There is no such monitor'),
  'delivery-not-found': kind(404, 'There is no such delivery'),
  'intake-not-found': kind(404, 'There is no such intake'),
  'upload-not-found': kind(404, 'There is no such upload'),
  'reconciliation-not-found': kind(404, 'There is no such reconciliation'),
  'balance-not-projected': kind(404, 'The read model does not have this account yet', true),
  'proof-not-sealed': kind(404, 'The transfer is not sealed yet', true),
  'route-not-found': kind(404, 'There is nothing at this address'),
  'idempotency-key-in-flight': kind(409, 'A request with this key is under way', true),
  'asset-conflict': kind(409, 'The asset exists with another scale'),
  'account-not-empty': kind(409, 'The account is not empty'),
  'hold-settled': kind(409, 'The hold has ended'),
  'already-reversed': kind(409, 'The transfer was reversed before'),
  'delivery-pending': kind(409, 'The delivery waits to be sent'),
  'metadata-version-mismatch': kind(412, 'The metadata has another version'),
  'body-too-large': kind(413, 'The body is too large'),
  'media-type-unsupported': kind(415, 'The body must be application/json'),
  'too-much-metadata': kind(422, 'There would be too many pairs of metadata'),
  'asset-not-found': kind(422, 'There is no such asset'),
  'asset-mismatch': kind(422, 'The accounts hold different assets'),
  'same-account': kind(422, 'A posting needs two accounts'),
  'account-closed': kind(422, 'The account is closed'),
  'account-frozen': kind(422, 'The account is frozen'),
  'insufficient-funds': kind(422, 'The account does not have enough available'),
  'balance-limit-exceeded': kind(422, 'The account may not hold that much'),
  'amount-overflow': kind(422, 'A total would leave the range of 64 bits'),
  'cross-shard-transfer': kind(422, 'The accounts live on different shards'),
  'capture-exceeds-hold': kind(422, 'The hold does not reserve that much'),
  'cross-shard-batch': kind(422, 'The item belongs to another shard than the batch'),
  'batch-item-refused': kind(422, 'An item was refused, and so the whole batch'),
  'as-of-before-opening': kind(422, 'The account was not open at that time'),
  'as-of-in-future': kind(422, 'That time has not come', true),
  'expiry-passed': kind(422, 'The hold would have expired already'),
  'webhook-url-refused': kind(422, 'This address cannot be sent to'),
  'subscription-limit-reached': kind(422, 'There are too many of these already'),
  'statement-unreadable': kind(422, 'The statement cannot be read'),
  'statement-too-large': kind(422, 'The statement is too large'),
  'statement-currency-mismatch': kind(422, 'The statement is in another currency'),
  'statement-too-precise': kind(422, 'The statement has more decimals than the asset'),
  'statement-period-too-busy': kind(422, 'The account has too many entries in that period'),
  'idempotency-key-reused': kind(422, 'The key was used for another request'),
  'if-match-missing': kind(428, 'An If-Match header is needed'),
  'too-many-requests': kind(429, 'Too many requests', true),
  internal: kind(500, 'Something is broken on our side'),
  'dependency-unavailable': kind(503, 'A part that this needs is not available', true),
  overloaded: kind(503, 'Too busy to take this on', true),
  'deadline-exceeded': kind(504, 'There was not enough time, and nothing happened', true),
  'unknown-outcome': kind(504, 'It is not known whether this happened', true),
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof problemKinds;

export interface FieldError {
  /** JSON pointer (RFC 6901) into the body, or the name of a parameter. */
  readonly pointer: string;
  /** In a file that the pointer names, counted from 1. */
  readonly line?: number;
  readonly detail: string;
}

type StandardMember =
  | 'type'
  | 'title'
  | 'status'
  | 'detail'
  | 'instance'
  | 'code'
  | 'retryable'
  | 'requestId'
  | 'errors';

/** What a problem says beyond what every problem says, under names that no problem has already. */
export type ProblemMembers = Readonly<Record<string, unknown>> & {
  readonly [name in StandardMember]?: never;
};

/** A failure on its way to the caller. `detail` is written for him; it is no exception's message. */
export class Problem extends Error {
  override readonly name = 'Problem';
  /** The detail may quote what was asked. */
  readonly [told] = 'code';
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors: readonly FieldError[];
  readonly members: ProblemMembers;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ProblemCode,
    detail: string,
    more: {
      readonly errors?: readonly FieldError[];
      readonly members?: ProblemMembers;
      readonly retryAfterSeconds?: number;
      readonly cause?: unknown;
    } = {},
  ) {
    super(`${code}: ${detail}`, { cause: more.cause });
    this.code = code;
    this.detail = detail;
    this.errors = more.errors ?? [];
    this.members = more.members ?? {};
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}

export const problemType = (code: ProblemCode): string => `urn:atlas:problem:${code}`;

export const problemContentType = 'application/problem+json';

/** The wire form; `place` is what only the request knows. */
export const problemBody = (
  problem: Problem,
  place: { readonly instance: string; readonly requestId: string },
): Record<string, unknown> => {
  const { status, title, retryable } = problemKinds[problem.code];
  return {
    type: problemType(problem.code),
    title,
    status,
    detail: problem.detail,
    instance: place.instance,
    code: problem.code,
    retryable,
    requestId: place.requestId,
    ...(problem.errors.length > 0 ? { errors: problem.errors } : {}),
    ...problem.members,
  };
};
