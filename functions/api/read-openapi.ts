import { readFile } from 'node:fs/promises';
import { accepted } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { builtFile } from '../services/built-file.ts';
import { once } from '../services/once.ts';

const document = once(() => readFile(builtFile('openapi.json'), 'utf8'));

/** GET /v1/openapi.json: the description of this API, which the build puts beside the bundle. */
export const handler = httpEndpoint('read-openapi', {
  answer: z
    .looseObject({ openapi: z.string().max(16).meta({ example: '3.1.0' }) })
    .meta({ id: 'OpenApi', description: 'A document of OpenAPI 3.1' }),
  answerStatus: 200,
  // As it lies there: to read it and to write it again would change nothing.
  answerType: 'application/json',
  problems: [],
  execute: async () => accepted(await document()),
  respond: (text) => ({ body: text, headers: { 'Cache-Control': 'public, max-age=300' } }),
});
