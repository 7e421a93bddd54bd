import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { EndpointHandler } from '@atlas/runtime';
import {
  type CreateDocumentOptions,
  createDocument,
  type ZodOpenApiObject,
  type ZodOpenApiOperationObject,
} from 'zod-openapi';
import { addExamples } from './description/add-examples.ts';
import { addLinks } from './description/add-links.ts';
import type { ApiDocument } from './description/api-document.ts';
import { describeOperation } from './description/describe-operation.ts';
import { addProblemExamples } from './description/problem-examples.ts';
import { Problem } from './description/problem-responses.ts';
import { tagsOf } from './description/tags.ts';
import { endpoints } from './manifest.ts';

/** Integers say how wide they are, for generators of clients. */
const override: NonNullable<CreateDocumentOptions['override']> = ({ jsonSchema }) => {
  if (jsonSchema.type !== 'integer') return;
  const narrow = (jsonSchema.maximum ?? Number.MAX_SAFE_INTEGER) < 2 ** 31;
  jsonSchema.format = narrow ? 'int32' : 'int64';
};

/**
 * Builds the description of the API (OpenAPI 3.1) from the manifest and the schemas that the
 * handlers check with. `node functions/openapi.ts FILE` writes it.
 */
export const describeApi = async (): Promise<ApiDocument> => {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const row of endpoints) {
    const { handler } = (await import(`./api/${row.name}.ts`)) as { handler: EndpointHandler };
    paths[row.path] = {
      ...paths[row.path],
      [row.method.toLowerCase()]: describeOperation({ row, ...handler.endpoint }),
    };
  }
  const description: ZodOpenApiObject = {
    openapi: '3.1.0',
    info: {
      title: 'Atlas',
      version: '1',
      description:
        'A ledger: assets, accounts, atomic transfers, holds, and what they add up to. Amounts are ' +
        'decimal integers in strings, in minor units. Every failure is a problem (RFC 9457).',
      license: { name: 'MIT', identifier: 'MIT' },
      contact: { name: 'Whoever runs this deployment' },
    },
    // Against the address of this document: a stage of API Gateway has a path of its own.
    servers: [
      {
        url: '..',
        description: 'This deployment: production, staging or local',
        'x-internal': 'false',
      },
    ],
    tags: tagsOf(endpoints.map(({ path }) => path)),
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'A signed token with `tenant` and `scope`, verified by the practices of RFC8725: ' +
            'issuer, audience, expiry, signature, and an algorithm from a list of ours.',
        },
      },
      schemas: { Problem },
    },
    paths,
  };
  const document = createDocument(description, { override }) as unknown as ApiDocument;
  addProblemExamples(document);
  addExamples(document);
  addLinks(document);
  return document;
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
