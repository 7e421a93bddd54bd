import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type EndpointHandler, type ProblemCode, problemKinds, problemType } from '@atlas/runtime';
import * as z from 'zod';
import { createDocument, type ZodOpenApiOperationObject } from 'zod-openapi';
import { endpoints } from './manifest.ts';

/**
 * Builds the description of the API (OpenAPI 3.1) from the manifest and the schemas that the
 * handlers check with. `node functions/openapi.ts FILE` writes it.
 */
export const describeApi = async (): Promise<object> => {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const endpoint of endpoints) {
    const { handler } = (await import(`./api/${endpoint.name}.ts`)) as { handler: EndpointHandler };
    paths[endpoint.path] = {
      ...paths[endpoint.path],
      [endpoint.method.toLowerCase()]: operationOf(endpoint, handler),
    };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Atlas',
      version: '1',
      description: 'A ledger: assets, accounts, atomic transfers, and what they add up to.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { Problem },
    },
    paths,
  });
};

const Problem = z
  .object({
    type: z.string().meta({ example: problemType('insufficient-funds') }),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().meta({ description: 'Written for the caller' }),
    instance: z.string(),
    code: z.enum(Object.keys(problemKinds) as [ProblemCode, ...ProblemCode[]]),
    retryable: z.boolean().meta({ description: 'Whether the same request may succeed later' }),
    requestId: z.string(),
    errors: z
      .array(z.object({ pointer: z.string(), detail: z.string() }))
      .optional()
      .meta({ description: 'What is wrong, each with a JSON pointer' }),
  })
  .catchall(z.unknown())
  .meta({ id: 'Problem', description: 'RFC 9457. Each code has a page in the documentation.' });

const idempotencyHeader = z.object({
  'Idempotency-Key': z.string().min(1).max(255).meta({
    description: 'Yours; send the same one when you repeat the request',
    example: '8e03978e-40d5-43dd-bc93-6894a57f9324',
  }),
});

const ifMatchHeader = z.object({
  'If-Match': z.string().min(1).meta({
    description: 'The ETag that you read, or * to change whatever is there',
    example: '"3"',
  }),
});

const headersOf = (
  endpoint: (typeof endpoints)[number],
  { conditional }: EndpointHandler['endpoint']['definition'],
): z.ZodObject | undefined => {
  const headers = [
    ...(endpoint.idempotency === 'none' ? [] : [idempotencyHeader]),
    ...(conditional === true ? [ifMatchHeader] : []),
  ];
  return headers.length === 0
    ? undefined
    : z.object(Object.assign({}, ...headers.map(({ shape }) => shape)));
};

const operationOf = (
  endpoint: (typeof endpoints)[number],
  handler: EndpointHandler,
): ZodOpenApiOperationObject => {
  const { definition } = handler.endpoint;
  const isPublic = endpoint.scopes === 'public';
  const headers = headersOf(endpoint, definition);
  const answerHeaders = Object.fromEntries(
    Object.entries(definition.answerHeaders ?? {}).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' as const } },
    ]),
  );
  const problems = new Set<ProblemCode>([
    ...definition.problems,
    'internal',
    'dependency-unavailable',
    'deadline-exceeded',
    ...(isPublic ? [] : (['unauthenticated', 'scope-missing'] as const)),
    ...(definition.conditional === true
      ? (['if-match-missing', 'if-match-malformed'] as const)
      : []),
    ...(definition.body === undefined
      ? []
      : ([
          'malformed-json',
          'body-too-large',
          'media-type-unsupported',
          'unknown-outcome',
        ] as const)),
    ...(definition.path || definition.query || definition.body
      ? (['validation-failed'] as const)
      : []),
    ...(endpoint.idempotency === 'none'
      ? []
      : ([
          'idempotency-key-missing',
          'idempotency-key-malformed',
          'idempotency-key-in-flight',
          'idempotency-key-reused',
        ] as const)),
  ]);
  return {
    operationId: endpoint.name,
    summary: endpoint.summary,
    ...(isPublic ? { security: [] } : { security: [{ token: [...endpoint.scopes] }] }),
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
    responses: {
      ...Object.fromEntries(
        Object.entries({ [definition.answerStatus]: 'Done', ...definition.otherStatuses }).map(
          ([status, description]) => [
            status,
            {
              description,
              headers: answerHeaders,
              content: { 'application/json': { schema: definition.answer } },
            },
          ],
        ),
      ),
      ...problemResponses([...problems]),
    },
  };
};

/** One response a status, naming the codes that may come with it. */
const problemResponses = (codes: readonly ProblemCode[]) => {
  const byStatus = Map.groupBy(codes, (code) => problemKinds[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, some]) => [
      status,
      {
        description: some.map((code) => `\`${code}\`: ${problemKinds[code].title}`).join('; '),
        content: { 'application/problem+json': { schema: Problem } },
      },
    ]),
  );
};

const [, program = '', file] = process.argv;
if (import.meta.filename === program) {
  const text = `${JSON.stringify(await describeApi(), null, 2)}\n`;
  if (file === undefined) {
    process.stdout.write(text);
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
