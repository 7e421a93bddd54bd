import { join } from 'node:path';

/** In a bundle it lies beside the code; the working folder's build serves the source. */
export const builtFile = (name: string): string =>
  typeof __dirname === 'string'
    ? join(__dirname, name)
    : new URL(`../../.atlas/build/${name}`, import.meta.url).pathname;
