import { join } from 'node:path';

/** In a bundle the document lies beside it; the working folder's build serves the source. */
export const openapiFile = (): string =>
  typeof __dirname === 'string'
    ? join(__dirname, 'openapi.json')
    : new URL('../../.atlas/build/openapi.json', import.meta.url).pathname;
