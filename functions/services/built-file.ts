import { join } from 'node:path';

/** In a bundle it lies beside the code; the working folder's build serves the source. */
export const builtFile = (name: string): string => {
  // A bundle is CommonJS, which has no such thing; test runners give modules a __dirname.
  const source: string | undefined = import.meta.url;
  return source === undefined
    ? join(__dirname, name)
    : new URL(`../../.atlas/build/${name}`, source).pathname;
};
