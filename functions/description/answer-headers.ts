import { type DescribedOperation, hasMember } from './described-operation.ts';

interface HeaderSchema {
  readonly type: 'string';
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly enum?: string[];
  readonly examples?: string[];
}

interface HeaderObject {
  readonly description: string;
  readonly required: boolean;
  readonly schema: HeaderSchema;
}

type Headers = Record<string, HeaderObject>;

export const keyPattern = String.raw`^([\x21\x23-\x7e]{1,255}|"[\x21\x23-\x7e]{1,255}")$`;
export const keyExample = '8e03978e-40d5-43dd-bc93-6894a57f9324';

const header = (description: string, schema: object, required = false): HeaderObject => ({
  description,
  required,
  schema: { type: 'string', ...schema },
});

const requestId = header(
  'What the request is called in our logs',
  { maxLength: 128, pattern: '^[!-~]+$', examples: ['b5cf2f3e-5d52-4b5c-8c9e-2f1d6f0a7d11'] },
  true,
);

/** The gateway's own answers carry none, so it is certain only where a handler answered. */
const traceparent = (required: boolean): HeaderObject =>
  header(
    'W3C trace context: the caller’s trace, or a new one, with a span of ours',
    {
      maxLength: 55,
      pattern: '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$',
      examples: ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00'],
    },
    required,
  );

const onlyTrue = (description: string): HeaderObject => header(description, { enum: ['true'] });

const ofKeys = (required: boolean): Headers => ({
  'Idempotency-Key': header(
    'The key that was sent',
    { maxLength: 257, pattern: keyPattern, examples: [keyExample] },
    required,
  ),
  'Idempotency-Replayed': onlyTrue('This answer was given before; nothing was done now'),
});

/** draft-ietf-httpapi-ratelimit-headers; absent where the stage has no quotas, and where no tenant is known. */
const ofQuotas = ({ scopes }: DescribedOperation['row']): Headers =>
  scopes === 'public'
    ? {}
    : {
        'RateLimit-Policy': header(
          'How many requests the tenant may make at once (q), and in how many seconds',
          {
            maxLength: 64,
            pattern: '^"tenant";q=[0-9]+;w=[0-9]+$',
            examples: ['"tenant";q=400;w=2'],
          },
        ),
        RateLimit: header(
          'How many are left (r), and in how many seconds all are there again (t)',
          {
            maxLength: 64,
            pattern: '^"tenant";r=[0-9]+;t=[0-9]+$',
            examples: ['"tenant";r=377;t=1'],
          },
        ),
      };

const locationForm = {
  maxLength: 2_048,
  format: 'uri-reference',
  examples: ['/v1/transfers/0192f0c2-51d8-7c2a-8f10-77b1c0de9a44'],
};
const linkForm = {
  maxLength: 16_384,
  pattern: '^<[^>]+>; rel="next"$',
  examples: ['</v1/transfers?limit=50&cursor=MDE5Mg.3q2-7wAAAAAAAAAAAAAAAA>; rel="next"'],
};

const named: Readonly<Record<string, object>> = {
  ETag: { maxLength: 32, pattern: '^"[0-9]+"$', examples: ['"3"'] },
  'Atlas-Consistency': { enum: ['linearizable', 'session', 'bounded', 'eventual'] },
  'Atlas-Staleness-Ms': { maxLength: 20, pattern: '^[0-9]+$', examples: ['385'] },
};

/** The headers of what an endpoint answers when nothing is wrong. */
export const answerHeaders = (
  { row, definition }: DescribedOperation,
  status: number,
): Headers => ({
  'X-Request-Id': requestId,
  traceparent: traceparent(true),
  ...(row.idempotency === 'none' ? {} : ofKeys(true)),
  ...ofQuotas(row),
  ...(status === 201
    ? { Location: header('Where what was created can be read', locationForm) }
    : {}),
  ...(hasMember(definition.answer, 'nextCursor')
    ? { Link: header('The next page (RFC 8288); absent on the last one', linkForm) }
    : {}),
  ...(status === 200 && hasMember(definition.query, 'dryRun')
    ? { 'Atlas-Dry-Run': onlyTrue('Nothing was done') }
    : {}),
  ...Object.fromEntries(
    Object.entries(definition.answerHeaders ?? {}).map(([name, description]) => [
      name,
      header(description, named[name] ?? { maxLength: 1_024 }),
    ]),
  ),
});

/** The headers of a problem; `retryable`: whether one of those that share the status may be. */
export const problemHeaders = ({ row }: DescribedOperation, retryable: boolean): Headers => ({
  'X-Request-Id': requestId,
  traceparent: traceparent(false),
  ...(row.idempotency === 'none' ? {} : ofKeys(false)),
  ...ofQuotas(row),
  ...(retryable
    ? {
        'Retry-After': header('Seconds to wait before it is tried again', {
          maxLength: 10,
          pattern: '^[0-9]+$',
          examples: ['1'],
        }),
      }
    : {}),
});
