import * as z from 'zod';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import { answerHeaders, keyExample, keyPattern } from './answer-headers.ts';
import type { DescribedOperation } from './described-operation.ts';
import { problemResponses } from './problem-responses.ts';
import { tagOf } from './tags.ts';

const idempotencyHeader = z.object({
  'Idempotency-Key': z.string().regex(new RegExp(keyPattern)).max(257).meta({
    description: 'Yours; send the same one when you repeat the request',
    example: keyExample,
  }),
});

const ifMatchHeader = z.object({
  'If-Match': z
    .string()
    .regex(/^(\*|(W\/)?"[\x21\x23-\x7e]*"(, (W\/)?"[\x21\x23-\x7e]*")*)$/)
    .max(1_024)
    .meta({
      description: 'The ETag that you read, or * to change whatever is there',
      example: '"3"',
    }),
});

const headersOf = ({ row, definition }: DescribedOperation): z.ZodObject | undefined => {
  const headers = [
    ...(row.idempotency === 'none' ? [] : [idempotencyHeader]),
    ...(definition.conditional === true ? [ifMatchHeader] : []),
  ];
  return headers.length === 0
    ? undefined
    : z.object(Object.assign({}, ...headers.map(({ shape }) => shape)));
};

const keptWhere = {
  none: '',
  postgres: ' It is done once per `Idempotency-Key`, which is kept for good.',
  dynamodb: ' It is done once per `Idempotency-Key`, which is kept for seven days.',
};

/** What the manifest knows of every operation, in sentences. */
const descriptionOf = ({ row, definition }: DescribedOperation): string =>
  `${definition.description ?? row.summary}.` +
  (row.scopes === 'public'
    ? ' Needs no token.'
    : ` Needs the scope \`${row.scopes.join('`, `')}\`.`) +
  keptWhere[row.idempotency] +
  ` Answered within ${row.budgetMs / 1_000} s, or with a problem that says what is known.`;

const answersOf = (operation: DescribedOperation) => {
  const { definition } = operation;
  const statuses = { [definition.answerStatus]: 'Done', ...definition.otherStatuses };
  return Object.entries(statuses).map(([status, description]) => [
    status,
    {
      description,
      headers: answerHeaders(operation, Number(status)),
      content: {
        [definition.answerType?.split(';')[0] ?? 'application/json']: { schema: definition.answer },
      },
    },
  ]);
};

type Responses = Readonly<
  Record<
    string,
    { readonly description: string; readonly headers: object; readonly content: object }
  >
>;

/** A status may come with an answer and with a problem: 503 of the readiness check does. */
const merged = (answers: Responses, problems: Responses): Responses => {
  const both: Record<string, Responses[string]> = { ...answers, ...problems };
  for (const [status, answer] of Object.entries(answers)) {
    const problem = problems[status];
    if (problem === undefined) continue;
    both[status] = {
      description: `${answer.description}; or ${problem.description}`,
      headers: { ...answer.headers, ...problem.headers },
      content: { ...answer.content, ...problem.content },
    };
  }
  return both;
};

/** One operation of the API description, from the manifest's row and the handler's schemas. */
export const describeOperation = (operation: DescribedOperation): ZodOpenApiOperationObject => {
  const { row, definition } = operation;
  const headers = headersOf(operation);
  return {
    operationId: row.name,
    summary: row.summary,
    description: descriptionOf(operation),
    tags: [tagOf(row.path)],
    ...(row.scopes === 'public' ? { security: [] } : { security: [{ token: [...row.scopes] }] }),
    requestParams: {
      ...(definition.path === undefined ? {} : { path: definition.path as z.ZodObject }),
      ...(definition.query === undefined ? {} : { query: definition.query as z.ZodObject }),
      ...(headers === undefined ? {} : { header: headers }),
    },
    ...(definition.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: definition.body } },
          },
        }),
    responses: merged(
      Object.fromEntries(answersOf(operation)),
      problemResponses(operation),
    ) as unknown as ZodOpenApiOperationObject['responses'],
  };
};
