import { readFile } from 'node:fs/promises';
import { accepted } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { openapiFile } from '../services/openapi-file.ts';

/** GET /v1/openapi.json: the description of this API, which the build puts beside the bundle. */
export const handler = httpEndpoint('read-openapi', {
  answer: z
    .looseObject({ openapi: z.string().max(16).meta({ example: '3.1.0' }) })
    .meta({ id: 'OpenApi', description: 'A document of OpenAPI 3.1' }),
  answerStatus: 200,
  problems: [],
  execute: async () => accepted(JSON.parse(await readFile(openapiFile(), 'utf8'))),
  respond: (document) => ({ body: document }),
});
