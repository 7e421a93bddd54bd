import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (layer: string): string =>
  fileURLToPath(new URL(`../../layers/${layer}/src/index.ts`, import.meta.url));

/**
 * What must catch a mutant of the TypeScript: the suites that need no service. Stryker mutates a copy of
 * the project, in which the names of the layers would still lead to the originals.
 */
export default defineConfig({
  resolve: {
    alias: { '@atlas/domain': source('domain'), '@atlas/runtime': source('runtime') },
  },
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/unit/{audit,domain,runtime}/**/*.test.ts'],
    testTimeout: 60_000,
  },
});
