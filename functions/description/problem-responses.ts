import { type ProblemCode, problemKinds, problemType } from '@atlas/runtime';
import * as z from 'zod';
import { problemHeaders } from './answer-headers.ts';
import type { DescribedOperation } from './described-operation.ts';

const codes = Object.keys(problemKinds) as [ProblemCode, ...ProblemCode[]];
const line = (max: number) => z.string().max(max);

export const Problem = z
  .object({
    type: line(128).meta({ example: problemType('insufficient-funds') }),
    title: line(128),
    status: z.int().min(400).max(599),
    detail: line(4_096).meta({ description: 'Written for the caller' }),
    instance: line(10_240),
    code: z.enum(codes),
    retryable: z.boolean().meta({ description: 'Whether the same request may succeed later' }),
    requestId: line(128),
    errors: z
      .array(
        z.object({
          pointer: line(1_024),
          line: z.int().min(1).optional().meta({ description: 'In the file it points to' }),
          detail: line(1_024),
        }),
      )
      .max(100)
      .optional()
      .meta({ description: 'What is wrong, each with a JSON pointer; at most 100 are named' }),
  })
  .catchall(z.unknown())
  .meta({ id: 'Problem', description: 'RFC 9457. Each code has a page in the documentation.' });

/** What any request may be answered with, some of it by the gateway before a handler is reached. */
const ofEverything: readonly ProblemCode[] = [
  'validation-failed',
  'forbidden',
  'too-many-requests',
  'internal',
  'dependency-unavailable',
  'overloaded',
  'deadline-exceeded',
  'unknown-outcome',
];
const ofTokens: readonly ProblemCode[] = ['unauthenticated', 'scope-missing'];
const ofConditions: readonly ProblemCode[] = ['if-match-missing', 'if-match-malformed'];
const ofBodies: readonly ProblemCode[] = ['malformed-json', 'media-type-unsupported'];
const ofKeys: readonly ProblemCode[] = [
  'idempotency-key-missing',
  'idempotency-key-malformed',
  'idempotency-key-in-flight',
  'idempotency-key-reused',
];

const problemsOf = ({ row, definition }: DescribedOperation): readonly ProblemCode[] => [
  ...new Set([
    ...definition.problems,
    ...ofEverything,
    ...(row.scopes === 'public' ? [] : ofTokens),
    ...(definition.conditional === true ? ofConditions : []),
    ...(row.method === 'GET' ? [] : (['body-too-large'] as const)),
    ...(definition.body === undefined ? [] : ofBodies),
    ...(row.idempotency === 'none' ? [] : ofKeys),
  ]),
];

const isRetryable = (code: ProblemCode): boolean => problemKinds[code].retryable;

const contentOf = (some: readonly ProblemCode[]) => ({
  schema: {
    allOf: [
      { $ref: '#/components/schemas/Problem' },
      {
        type: 'object' as const,
        properties: { code: { type: 'string' as const, enum: [...some] } },
      },
    ],
  },
});

/** One response a status, which names the codes that may come with it. */
export const problemResponses = (operation: DescribedOperation) => {
  const byStatus = Map.groupBy(problemsOf(operation), (code) => problemKinds[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, some]) => [
      status,
      {
        description: some.map((code) => `\`${code}\`: ${problemKinds[code].title}`).join('; '),
        headers: problemHeaders(operation, some.some(isRetryable)),
        content: { 'application/problem+json': contentOf(some) },
      },
    ]),
  );
};
